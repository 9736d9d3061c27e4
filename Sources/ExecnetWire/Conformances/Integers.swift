//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The shared ways of all integer types up to 64 bits.
extension WireWriter {
    @inline(__always)
    mutating func writeIntegers<Number: FixedWidthInteger>(
        _ numbers: UnsafeBufferPointer<Number>
    ) throws(WireError) {
        try writeNumbers(numbers) { value, target in
            Number.isSigned
                ? WireWriter.store(Int64(truncatingIfNeeded: value), at: target)
                : WireWriter.store(
                    major: WireMajor.unsigned,
                    argument: UInt64(truncatingIfNeeded: value),
                    at: target
                )
        }
    }
}

extension WireReader {
    @inline(__always)
    mutating func readIntegers<Number: FixedWidthInteger & NumericElement>() throws(WireError) -> [Number] {
        try readNumbers { (reader) throws(WireError) in try reader.readInteger(Number.self) }
    }
}

extension Int: WireCodable {
    @inlinable
    public func encode(into writer: inout WireWriter) throws(WireError) { writer.writeInt(self) }

    @inlinable
    public init(from reader: inout WireReader) throws(WireError) { self = try reader.readInteger() }

    public static func encodeElements(
        _ elements: UnsafeBufferPointer<Int>,
        into writer: inout WireWriter
    ) throws(WireError) {
        try writer.writeIntegers(elements)
    }

    public static func decodeElements(from reader: inout WireReader) throws(WireError) -> [Int] {
        try reader.readIntegers()
    }
}

extension Int8: WireCodable {
    @inlinable
    public func encode(into writer: inout WireWriter) throws(WireError) { writer.writeInt(self) }

    @inlinable
    public init(from reader: inout WireReader) throws(WireError) { self = try reader.readInteger() }

    public static func encodeElements(
        _ elements: UnsafeBufferPointer<Int8>,
        into writer: inout WireWriter
    ) throws(WireError) {
        try writer.writeIntegers(elements)
    }

    public static func decodeElements(from reader: inout WireReader) throws(WireError) -> [Int8] {
        try reader.readIntegers()
    }
}

extension Int16: WireCodable {
    @inlinable
    public func encode(into writer: inout WireWriter) throws(WireError) { writer.writeInt(self) }

    @inlinable
    public init(from reader: inout WireReader) throws(WireError) { self = try reader.readInteger() }

    public static func encodeElements(
        _ elements: UnsafeBufferPointer<Int16>,
        into writer: inout WireWriter
    ) throws(WireError) {
        try writer.writeIntegers(elements)
    }

    public static func decodeElements(from reader: inout WireReader) throws(WireError) -> [Int16] {
        try reader.readIntegers()
    }
}

extension Int32: WireCodable {
    @inlinable
    public func encode(into writer: inout WireWriter) throws(WireError) { writer.writeInt(self) }

    @inlinable
    public init(from reader: inout WireReader) throws(WireError) { self = try reader.readInteger() }

    public static func encodeElements(
        _ elements: UnsafeBufferPointer<Int32>,
        into writer: inout WireWriter
    ) throws(WireError) {
        try writer.writeIntegers(elements)
    }

    public static func decodeElements(from reader: inout WireReader) throws(WireError) -> [Int32] {
        try reader.readIntegers()
    }
}

extension Int64: WireCodable {
    @inlinable
    public func encode(into writer: inout WireWriter) throws(WireError) { writer.writeInt(self) }

    @inlinable
    public init(from reader: inout WireReader) throws(WireError) { self = try reader.readInteger() }

    public static func encodeElements(
        _ elements: UnsafeBufferPointer<Int64>,
        into writer: inout WireWriter
    ) throws(WireError) {
        try writer.writeIntegers(elements)
    }

    public static func decodeElements(from reader: inout WireReader) throws(WireError) -> [Int64] {
        try reader.readIntegers()
    }
}

extension UInt: WireCodable {
    @inlinable
    public func encode(into writer: inout WireWriter) throws(WireError) { writer.writeInt(self) }

    @inlinable
    public init(from reader: inout WireReader) throws(WireError) { self = try reader.readInteger() }

    public static func encodeElements(
        _ elements: UnsafeBufferPointer<UInt>,
        into writer: inout WireWriter
    ) throws(WireError) {
        try writer.writeIntegers(elements)
    }

    public static func decodeElements(from reader: inout WireReader) throws(WireError) -> [UInt] {
        try reader.readIntegers()
    }
}

extension UInt16: WireCodable {
    @inlinable
    public func encode(into writer: inout WireWriter) throws(WireError) { writer.writeInt(self) }

    @inlinable
    public init(from reader: inout WireReader) throws(WireError) { self = try reader.readInteger() }

    public static func encodeElements(
        _ elements: UnsafeBufferPointer<UInt16>,
        into writer: inout WireWriter
    ) throws(WireError) {
        try writer.writeIntegers(elements)
    }

    public static func decodeElements(from reader: inout WireReader) throws(WireError) -> [UInt16] {
        try reader.readIntegers()
    }
}

extension UInt32: WireCodable {
    @inlinable
    public func encode(into writer: inout WireWriter) throws(WireError) { writer.writeInt(self) }

    @inlinable
    public init(from reader: inout WireReader) throws(WireError) { self = try reader.readInteger() }

    public static func encodeElements(
        _ elements: UnsafeBufferPointer<UInt32>,
        into writer: inout WireWriter
    ) throws(WireError) {
        try writer.writeIntegers(elements)
    }

    public static func decodeElements(from reader: inout WireReader) throws(WireError) -> [UInt32] {
        try reader.readIntegers()
    }
}

extension UInt64: WireCodable {
    @inlinable
    public func encode(into writer: inout WireWriter) throws(WireError) { writer.writeInt(self) }

    @inlinable
    public init(from reader: inout WireReader) throws(WireError) { self = try reader.readInteger() }

    public static func encodeElements(
        _ elements: UnsafeBufferPointer<UInt64>,
        into writer: inout WireWriter
    ) throws(WireError) {
        try writer.writeIntegers(elements)
    }

    public static func decodeElements(from reader: inout WireReader) throws(WireError) -> [UInt64] {
        try reader.readIntegers()
    }
}
