//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Writes values of a type that writes itself.
///
/// Found at run time for values whose static type is only known to be `Encodable`: the class knows the type, so that the
/// value is passed on where it is, without a cast, which would copy it. There are no objects of it: a class is not counted.
class WireDirectWriter<Value> {
    class func write(_ value: Value, into writer: inout WireWriter) throws(WireError) {}
}

private final class WireValueWriter<Value: WireEncodable>: WireDirectWriter<Value> {
    override class func write(_ value: Value, into writer: inout WireWriter) throws(WireError) {
        try value.encode(into: &writer)
    }
}

// The common arrays are spared the generic code.

private final class WireBytesWriter: WireDirectWriter<[UInt8]> {
    override class func write(_ value: [UInt8], into writer: inout WireWriter) { writer.writeBytes(value) }
}

private final class WireIntsWriter: WireDirectWriter<[Int]> {
    override class func write(_ value: [Int], into writer: inout WireWriter) throws(WireError) {
        try value.encode(into: &writer)
    }
}

private final class WireDoublesWriter: WireDirectWriter<[Double]> {
    override class func write(_ value: [Double], into writer: inout WireWriter) throws(WireError) {
        try value.encode(into: &writer)
    }
}

private final class WireStringsWriter: WireDirectWriter<[String]> {
    override class func write(_ value: [String], into writer: inout WireWriter) throws(WireError) {
        try value.encode(into: &writer)
    }
}

extension WireEncodable {
    /// The ``WireDirectWriter`` of this type.
    static var directWriter: AnyClass {
        switch ObjectIdentifier(self) {
        case ObjectIdentifier([UInt8].self): WireBytesWriter.self
        case ObjectIdentifier([Int].self): WireIntsWriter.self
        case ObjectIdentifier([Double].self): WireDoublesWriter.self
        case ObjectIdentifier([String].self): WireStringsWriter.self
        default: WireValueWriter<Self>.self
        }
    }
}

/// Reads values of a type that reads itself; see ``WireDirectWriter``.
class WireDirectReader<Value> {
    class func read(_ reader: inout WireReader) throws(WireError) -> Value {
        throw WireError(.typeMismatch, "\(Value.self) does not read itself")
    }
}

private final class WireValueReader<Value: WireDecodable>: WireDirectReader<Value> {
    override class func read(_ reader: inout WireReader) throws(WireError) -> Value { try Value(from: &reader) }
}

private final class WireBytesReader: WireDirectReader<[UInt8]> {
    override class func read(_ reader: inout WireReader) throws(WireError) -> [UInt8] { try reader.readBytes() }
}

private final class WireIntsReader: WireDirectReader<[Int]> {
    override class func read(_ reader: inout WireReader) throws(WireError) -> [Int] { try [Int](from: &reader) }
}

private final class WireDoublesReader: WireDirectReader<[Double]> {
    override class func read(_ reader: inout WireReader) throws(WireError) -> [Double] { try [Double](from: &reader) }
}

private final class WireStringsReader: WireDirectReader<[String]> {
    override class func read(_ reader: inout WireReader) throws(WireError) -> [String] { try [String](from: &reader) }
}

extension WireDecodable {
    /// The ``WireDirectReader`` of this type.
    static var directReader: AnyClass {
        switch ObjectIdentifier(self) {
        case ObjectIdentifier([UInt8].self): WireBytesReader.self
        case ObjectIdentifier([Int].self): WireIntsReader.self
        case ObjectIdentifier([Double].self): WireDoublesReader.self
        case ObjectIdentifier([String].self): WireStringsReader.self
        default: WireValueReader<Self>.self
        }
    }
}

extension WireWriter {
    /// Writes a value of a type that has a writer.
    ///
    /// The casts turn a type into itself: `known` names a type only in the traits of that very type, and the writer is what
    /// ``WireTypeTraits`` found for `Value`. A checked cast would look both up at every value.
    @inline(__always)
    mutating func writeDirect<Value>(
        _ value: Value,
        _ traits: UnsafePointer<WireTypeTraits>,
        _ writer: AnyClass
    ) throws(WireError) {
        switch traits.pointee.known {
        case .none:
            try unsafeBitCast(writer, to: WireDirectWriter<Value>.Type.self).write(value, into: &self)
        case .bool: writeBool(unsafeBitCast(value, to: Bool.self))
        case .int: writeInt(unsafeBitCast(value, to: Int.self))
        case .double: writeDouble(unsafeBitCast(value, to: Double.self))
        case .string: writeString(unsafeBitCast(value, to: String.self))
        }
    }
}

extension WireReader {
    /// Reads a value of a type that has a reader. For the casts see ``WireWriter/writeDirect(_:_:_:)``.
    @inline(__always)
    mutating func readDirect<Value>(
        _ type: Value.Type,
        _ traits: UnsafePointer<WireTypeTraits>,
        _ reader: AnyClass
    ) throws(WireError) -> Value {
        switch traits.pointee.known {
        case .none:
            return try unsafeBitCast(reader, to: WireDirectReader<Value>.Type.self).read(&self)
        case .bool: return unsafeBitCast(try readBool(), to: Value.self)
        case .int: return unsafeBitCast(try readInt(), to: Value.self)
        case .double: return unsafeBitCast(try readDouble(), to: Value.self)
        case .string: return unsafeBitCast(try readString(), to: Value.self)
        }
    }
}
