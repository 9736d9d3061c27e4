//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The `Encoder` that a `Codable` type is given.
struct WireBridgeEncoder: Encoder {
    let state: WireEncodingState
    let serial: Int

    var codingPath: [any CodingKey] { state.codingPath }
    var userInfo: [CodingUserInfoKey: Any] { state.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        let serial = state.begin(.map, serial)
        guard let slot = state.keyedSlot(type) else { return newContainer(serial) }
        return slot._withUnsafeGuaranteedRef { slot in
            slot.use.pointee.serial = serial
            return slot.container()
        }
    }

    @inline(never)
    private func newContainer<Key: CodingKey>(_ serial: Int) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(WireKeyedEncodingContainer(state: state, serial: serial))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        WireUnkeyedEncodingContainer(state: state, serial: state.begin(.array, serial))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        WireSingleValueEncodingContainer(state: state, serial: serial)
    }
}

/// The container of a value that is not a map or array of its own.
struct WireSingleValueEncodingContainer: SingleValueEncodingContainer {
    let state: WireEncodingState
    let serial: Int

    var codingPath: [any CodingKey] { state.codingPath }

    mutating func encodeNil() throws {
        try begin()
        state.writer.writeNull()
    }

    mutating func encode<Value: Encodable>(_ value: Value) throws {
        try begin()
        let mark = state.mark
        do {
            try state.encode(value, .none)
        } catch {
            state.goBack(to: mark)
            state.frame.pointee.kind = .empty
            throw error
        }
    }

    mutating func encode(_ value: Int128) throws {
        try begin()
        state.writer.writeBigInteger(BigInteger(value))
    }

    mutating func encode(_ value: UInt128) throws {
        try begin()
        state.writer.writeBigInteger(BigInteger(value))
    }

    private mutating func begin() throws {
        try state.check(serial)
        guard state.frame.pointee.kind == .empty else {
            throw state.located(WireError(.unsupportedValue, "can't serialize: a second value was written"), .none)
        }
        state.frame.pointee.kind = .single
    }
}
