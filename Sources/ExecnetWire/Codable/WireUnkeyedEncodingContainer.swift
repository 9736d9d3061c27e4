//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The container of an array.
///
/// Bytes that are encoded as a sequence, which is how `Data` does it, become a byte string.
struct WireUnkeyedEncodingContainer: UnkeyedEncodingContainer {
    let state: WireEncodingState
    let serial: Int

    var codingPath: [any CodingKey] { state.codingPath }
    var count: Int { state.frame.serial == serial ? state.frame.count : 0 }

    private func begin() throws {
        try state.check(serial)
        if state.frame.kind == .bytes { state.spreadBytes() }
        state.frame.count += 1
    }

    func encodeNil() throws {
        try begin()
        state.writer.writeNull()
    }

    func encode<Value: Encodable>(_ value: Value) throws {
        try begin()
        let mark = state.mark
        do {
            try state.encode(value, key: WireIndexKey(state.frame.count - 1))
        } catch {
            state.frame.count -= 1
            state.goBack(to: mark)
            throw error
        }
    }

    func encode<Bytes: Sequence>(contentsOf sequence: Bytes) throws where Bytes.Element == UInt8 {
        try state.check(serial)
        if state.appendBytes(sequence) { return }
        for byte in sequence { try encode(byte) }
    }

    func encode(_ value: String) throws {
        try begin()
        state.writer.writeString(value)
    }

    func encode(_ value: Double) throws {
        try begin()
        state.writer.writeDouble(value)
    }

    func encode(_ value: Int) throws {
        try begin()
        state.writer.writeInt(value)
    }

    func encode(_ value: Int128) throws {
        try begin()
        state.writer.writeBigInteger(BigInteger(value))
    }

    func encode(_ value: UInt128) throws {
        try begin()
        state.writer.writeBigInteger(BigInteger(value))
    }

    func encode(_ value: UInt8) throws {
        try begin()
        state.writer.writeInt(value)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        nestedEncoder().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        nestedEncoder().unkeyedContainer()
    }

    func superEncoder() -> any Encoder { nestedEncoder() }

    private func nestedEncoder() -> WireBridgeEncoder {
        guard (try? begin()) != nil else { return WireBridgeEncoder(state: state, serial: -1) }
        let key = WireIndexKey(state.frame.count - 1)
        return WireBridgeEncoder(state: state.addChild(key: key), serial: 1)
    }
}

extension WireEncodingState {
    /// Writes bytes as the frame's whole content; false, with nothing written, if it has content already.
    fileprivate func appendBytes(_ sequence: some Sequence<UInt8>) -> Bool {
        guard frame.kind == .array, frame.count == 0 else { return false }
        writer.truncate(to: frame.start, references: writer.references?.count ?? 0)
        let contiguous = sequence.withContiguousStorageIfAvailable { bytes in
            writer.writeBytes(UnsafeRawBufferPointer(bytes))
            return bytes.count
        }
        if let contiguous {
            frame.count = contiguous
        } else {
            let bytes = Array(sequence)
            writer.writeBytes(bytes)
            frame.count = bytes.count
        }
        frame.kind = .bytes
        return true
    }

    /// Turns the byte string that is the frame's content into an array, so that something can be added.
    fileprivate func spreadBytes() {
        let bytes = writer.withUnsafeBytes { [UInt8]($0.suffix(frame.count)) }
        writer.truncate(to: frame.start, references: writer.references?.count ?? 0)
        writer.writeByte(0)
        for byte in bytes { writer.writeInt(byte) }
        frame.kind = .array
    }
}
