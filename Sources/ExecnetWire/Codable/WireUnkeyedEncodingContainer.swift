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
    var count: Int { state.frame.pointee.serial == serial ? state.frame.pointee.count : 0 }

    private mutating func begin() throws {
        try state.check(serial)
        if state.frame.pointee.kind == .bytes { state.spreadBytes() }
        state.frame.pointee.count += 1
    }

    mutating func encodeNil() throws {
        try begin()
        state.writer.writeNull()
    }

    mutating func encode<Value: Encodable>(_ value: Value) throws {
        try begin()
        let mark = state.mark
        do {
            try state.encode(value, .index(state.frame.pointee.count - 1))
        } catch {
            state.frame.pointee.count -= 1
            state.goBack(to: mark)
            throw error
        }
    }

    mutating func encode<Bytes: Sequence>(contentsOf sequence: Bytes) throws where Bytes.Element == UInt8 {
        try state.check(serial)
        if state.appendBytes(sequence) { return }
        for byte in sequence { try encode(byte) }
    }

    mutating func encode(_ value: String) throws {
        try begin()
        state.writer.writeString(value)
    }

    mutating func encode(_ value: Double) throws {
        try begin()
        state.writer.writeDouble(value)
    }

    mutating func encode(_ value: Int) throws {
        try begin()
        state.writer.writeInt(value)
    }

    mutating func encode(_ value: Int128) throws {
        try begin()
        state.writer.writeBigInteger(BigInteger(value))
    }

    mutating func encode(_ value: UInt128) throws {
        try begin()
        state.writer.writeBigInteger(BigInteger(value))
    }

    mutating func encode(_ value: UInt8) throws {
        try begin()
        state.writer.writeInt(value)
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        nestedEncoder().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        nestedEncoder().unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder { nestedEncoder() }

    private mutating func nestedEncoder() -> WireBridgeEncoder {
        guard (try? begin()) != nil else { return WireBridgeEncoder(state: state, serial: -1) }
        let key = WireIndexKey(state.frame.pointee.count - 1)
        return WireBridgeEncoder(state: state.addChild(key: key), serial: 1)
    }
}

extension WireEncodingState {
    /// Writes bytes as the frame's whole content; false, with nothing written, if it has content already.
    fileprivate func appendBytes(_ sequence: some Sequence<UInt8>) -> Bool {
        guard frame.pointee.kind == .array, frame.pointee.count == 0 else { return false }
        writer.truncate(to: frame.pointee.start, references: writer.references?.count ?? 0)
        let contiguous = sequence.withContiguousStorageIfAvailable { bytes in
            writer.writeBytes(UnsafeRawBufferPointer(bytes))
            return bytes.count
        }
        if let contiguous {
            frame.pointee.count = contiguous
        } else {
            let bytes = Array(sequence)
            writer.writeBytes(bytes)
            frame.pointee.count = bytes.count
        }
        frame.pointee.kind = .bytes
        return true
    }

    /// Turns the byte string that is the frame's content into an array, so that something can be added.
    fileprivate func spreadBytes() {
        let bytes = writer.withUnsafeBytes { [UInt8]($0.suffix(frame.pointee.count)) }
        writer.truncate(to: frame.pointee.start, references: writer.references?.count ?? 0)
        writer.writeByte(0)
        for byte in bytes { writer.writeInt(byte) }
        frame.pointee.kind = .array
    }
}
