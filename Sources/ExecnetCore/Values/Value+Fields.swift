//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetWire

extension Value {
    package init(_ number: UInt64) {
        self = Int64(exactly: number).map(Value.int) ?? .integer(BigInteger(number))
    }

    /// The integer, if this is one that is not negative and fits 64 bits.
    package var unsigned: UInt64? {
        switch self {
        case .int(let value): UInt64(exactly: value)
        case .bigInteger(let value): UInt64(value)
        default: nil
        }
    }

    /// The pairs, if this is a map all of whose keys are text; the last of equal keys counts.
    package var stringMap: [String: Value]? {
        guard let map else { return nil }
        var result: [String: Value] = [:]
        for entry in map {
            guard let key = entry.key.string else { return nil }
            result[key] = entry.value
        }
        return result
    }
}
