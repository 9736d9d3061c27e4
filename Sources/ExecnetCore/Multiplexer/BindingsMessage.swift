//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetWire

/// What a bindings frame carries: one atomic change and its place in time.
package struct BindingsMessage {
    package var counter: UInt64
    package var values: [String: Value]

    package init(counter: UInt64, values: [String: Value]) {
        self.counter = counter
        self.values = values
    }

    package init(decoding message: WireBytes) throws(WireError) {
        let value = try Wire.decode(Value.self, from: message)
        guard let counter = value[0]?.unsigned, let map = value[1]?.stringMap else {
            throw .protocolViolation("bindings of another form")
        }
        self.init(counter: counter, values: map)
    }

    /// Bytes of the payload before the map.
    static let headSize = 10

    /// The frame's payload, from the encoded map: the counter has a fixed width, so the map is encoded outside the lock.
    package static func encode(counter: UInt64, encodedValues: WireBytes) -> WireBytes {
        var builder = WireBytesBuilder()
        var head: [UInt8] = [0x82, 0x1b]
        withUnsafeBytes(of: counter.bigEndian) { head.append(contentsOf: $0) }
        head.withUnsafeBytes { builder.append($0) }
        encodedValues.withUnsafeBytes { builder.append($0) }
        return builder.finish()
    }
}

extension Value {
    /// Shortens the texts of an error so that it fits into one frame.
    package var shortened: Value {
        guard case .map = self, let entries = stringMap else { return self }
        let longest = 20_000
        return .map(
            ValueMap(
                entries.map { key, value in
                    guard let text = value.string, text.utf8.count > longest else {
                        return (key: .string(key), value: value)
                    }
                    return (
                        key: .string(key),
                        value: .string(String(decoding: text.utf8.prefix(longest), as: UTF8.self) + " …")
                    )
                }
            )
        )
    }
}
