//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// One byte is an integer; many are a byte string.
extension UInt8: WireCodable {
    @inlinable
    public func encode(into writer: inout WireWriter) throws(WireError) { writer.writeInt(self) }

    @inlinable
    public init(from reader: inout WireReader) throws(WireError) { self = try reader.readInteger() }

    @inlinable
    public static func encodeElements(
        _ elements: UnsafeBufferPointer<UInt8>,
        into writer: inout WireWriter
    ) throws(WireError) {
        writer.writeBytes(UnsafeRawBufferPointer(elements))
    }

    /// Reads a byte string, an array of integers, or a numeric array.
    public static func decodeElements(from reader: inout WireReader) throws(WireError) -> [UInt8] {
        guard try reader.peekByte() & 0xE0 == WireMajor.bytes else { return try reader.readIntegers() }
        let offset = reader.position
        let head = try reader.readHead()
        if head.isIndefinite { return try reader.readChunks(major: WireMajor.bytes) }
        return [UInt8](try reader.readBlock(head, at: offset))
    }
}

/// A finished item is itself a byte string when it is sent inside another.
extension WireBytes: WireCodable {
    public func encode(into writer: inout WireWriter) throws(WireError) {
        withUnsafeBytes { writer.writeBytes($0) }
    }

    public init(from reader: inout WireReader) throws(WireError) {
        self = try reader.readBytes { (bytes) throws(WireError) in WireBytes(copying: bytes) }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(array)
    }

    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode([UInt8].self))
    }
}
