//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The container of a map.
///
/// Keys are text; a key that has a number and a name that is no number, such as a case of an enumeration of integers, is
/// sent as its number.
struct WireKeyedEncodingContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let state: WireEncodingState
    let serial: Int

    var codingPath: [any CodingKey] { state.codingPath }

    private func writeKey(_ key: some CodingKey) throws {
        try state.check(serial)
        let name = key.stringValue
        if let number = key.intValue, Int(name) == nil {
            state.writer.writeInt(number)
        } else {
            state.writer.writeString(name)
        }
        state.frame.count += 1
    }

    func encodeNil(forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeNull()
    }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        let mark = state.mark
        try writeKey(key)
        do {
            try state.encode(value, key: key)
        } catch {
            state.frame.count -= 1
            state.goBack(to: mark)
            throw error
        }
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        nestedEncoder(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        nestedEncoder(key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { nestedEncoder(WireNameKey.super) }

    func superEncoder(forKey key: Key) -> any Encoder { nestedEncoder(key) }

    private func nestedEncoder(_ key: some CodingKey) -> WireBridgeEncoder {
        guard (try? writeKey(key)) != nil else { return WireBridgeEncoder(state: state, serial: -1) }
        return WireBridgeEncoder(state: state.addChild(key: key), serial: 1)
    }

    func encode(_ value: Bool, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeBool(value)
    }

    func encode(_ value: String, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeString(value)
    }

    func encode(_ value: Double, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeDouble(value)
    }

    func encode(_ value: Float, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeDouble(Double(value))
    }

    func encode(_ value: Int, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeInt(value)
    }

    func encode(_ value: Int8, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeInt(value)
    }

    func encode(_ value: Int16, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeInt(value)
    }

    func encode(_ value: Int32, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeInt(value)
    }

    func encode(_ value: Int64, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeInt(value)
    }

    func encode(_ value: UInt, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeInt(value)
    }

    func encode(_ value: UInt8, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeInt(value)
    }

    func encode(_ value: UInt16, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeInt(value)
    }

    func encode(_ value: UInt32, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeInt(value)
    }

    func encode(_ value: UInt64, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeInt(value)
    }

    func encode(_ value: Int128, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeBigInteger(BigInteger(value))
    }

    func encode(_ value: UInt128, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeBigInteger(BigInteger(value))
    }
}
