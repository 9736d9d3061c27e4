//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The container of a map.
///
/// Keys are text; a key that has a number and a name that is no number, such as a case of an enumeration of integers, is
/// sent as its number.
///
/// The functions are `mutating` because those of the protocol are: the box that the container is in would have to make a
/// copy of the container, and count references, to call others.
struct WireKeyedEncodingContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    private let state: WireEncodingState
    private let ownSerial: Int
    /// What there is in the slot of a container that is used again, and the slot, which is there to keep it.
    private let use: UnsafeMutablePointer<WireKeyedUse>?
    private let slot: WireKeyedSlot?

    init(state: WireEncodingState, serial: Int) {
        self.state = state
        ownSerial = serial
        use = nil
        slot = nil
    }

    init(state: WireEncodingState, slot: WireKeyedSlot) {
        self.state = state
        ownSerial = -1
        use = slot.use
        self.slot = slot
    }

    var codingPath: [any CodingKey] { state.codingPath }

    private var serial: Int { use?.pointee.serial ?? ownSerial }

    @inline(__always)
    private mutating func writeKey(_ key: Key) throws {
        guard let use, state.frame.pointee.serial == use.pointee.serial, let name = use.pointee.name(key) else {
            return try writeKey(key, serial)
        }
        if name.pointee.length <= 0 { return try learnKey(key, serial, name) }
        state.writer.writeShort(name)
        state.frame.pointee.count += 1
    }

    @inline(never)
    private mutating func learnKey(_ key: Key, _ serial: Int, _ name: UnsafeMutablePointer<WireShortText>) throws {
        let start = state.writer.count
        try writeKey(key, serial)
        if name.pointee.length < 0 { return }
        state.writer.withUnsafeBytes { name.pointee = WireShortText(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    }

    @inline(never)
    private mutating func writeKey(_ key: some CodingKey, _ serial: Int) throws {
        try state.check(serial)
        let name = key.stringValue
        if let number = key.intValue, Int(name) == nil {
            state.writer.writeInt(number)
        } else {
            state.writer.writeString(name)
        }
        state.frame.pointee.count += 1
    }

    mutating func encodeNil(forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeNull()
    }

    mutating func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        let mark = state.mark
        try writeKey(key)
        do {
            try state.encode(value, .key(at: mark.count))
        } catch {
            state.frame.pointee.count -= 1
            state.goBack(to: mark)
            throw error
        }
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        nestedEncoder(key).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        nestedEncoder(key).unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder { nestedEncoder(WireNameKey.super) }

    mutating func superEncoder(forKey key: Key) -> any Encoder { nestedEncoder(key) }

    private mutating func nestedEncoder(_ key: some CodingKey) -> WireBridgeEncoder {
        guard (try? writeKey(key, serial)) != nil else { return WireBridgeEncoder(state: state, serial: -1) }
        return WireBridgeEncoder(state: state.addChild(key: key), serial: 1)
    }

    mutating func encode(_ value: Bool, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeBool(value)
    }

    mutating func encode(_ value: String, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeString(value)
    }

    mutating func encode(_ value: Double, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeDouble(value)
    }

    mutating func encode(_ value: Float, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeDouble(Double(value))
    }

    mutating func encode(_ value: Int, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeInt(value)
    }

    mutating func encode(_ value: Int8, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeInt(value)
    }

    mutating func encode(_ value: Int16, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeInt(value)
    }

    mutating func encode(_ value: Int32, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeInt(value)
    }

    mutating func encode(_ value: Int64, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeInt(value)
    }

    mutating func encode(_ value: UInt, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeInt(value)
    }

    mutating func encode(_ value: UInt8, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeInt(value)
    }

    mutating func encode(_ value: UInt16, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeInt(value)
    }

    mutating func encode(_ value: UInt32, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeInt(value)
    }

    mutating func encode(_ value: UInt64, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeInt(value)
    }

    mutating func encode(_ value: Int128, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeBigInteger(BigInteger(value))
    }

    mutating func encode(_ value: UInt128, forKey key: Key) throws {
        try writeKey(key)
        state.writer.writeBigInteger(BigInteger(value))
    }
}
