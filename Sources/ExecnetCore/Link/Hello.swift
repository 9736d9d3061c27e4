//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetWire

/// The first frame of each side: who it is and what it speaks.
package struct Hello: Sendable {
    /// The protocol that this build speaks, lowest to highest.
    package static let spoken: ClosedRange<UInt64> = 1...1

    package var versions: ClosedRange<UInt64>
    package var build: String
    package var itemLimit: UInt64
    package var fields: [String: Value]

    package init(build: String, limits: LinkLimits, fields: [String: Value]) {
        versions = Hello.spoken
        self.build = build
        itemLimit = UInt64(limits.itemSize)
        self.fields = fields
    }

    package init(_ value: Value) throws(WireError) {
        guard let fields = value.stringMap, let lowest = fields["protocol"]?[0]?.unsigned,
            let highest = fields["protocol"]?[1]?.unsigned, lowest <= highest
        else { throw .protocolViolation("a hello of another form") }
        self.fields = fields
        versions = lowest...highest
        build = fields["build"]?.string ?? ""
        itemLimit = fields["limits"]?["item"]?.unsigned ?? UInt64(LinkLimits().itemSize)
    }

    package var value: Value {
        var entries: [(key: Value, value: Value)] = [
            ("protocol", [Value(versions.lowerBound), Value(versions.upperBound)]),
            ("build", .string(build)), ("limits", ["item": Value(itemLimit)]),
        ]
        for (name, field) in fields { entries.append((.string(name), field)) }
        return .map(ValueMap(entries))
    }

    /// Whether both sides have a version in common.
    package var isUnderstood: Bool { versions.overlaps(Hello.spoken) }
}
