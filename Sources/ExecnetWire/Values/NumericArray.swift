//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Many numbers of one machine type, sent as one block of memory: the typed arrays of RFC 8746.
///
/// Python sees an `array.array` or a NumPy array; between Swift programs it is the fastest way to send numbers.
public struct NumericArray: Hashable, Sendable {
    /// The machine type of the numbers.
    public enum Kind: UInt8, Hashable, Sendable, CaseIterable {
        case uint8, uint16, uint32, uint64, uint8Clamped, int8, int16, int32, int64
        case float16, float32, float64, float128
    }

    /// The machine type of the numbers.
    public let kind: Kind
    /// The numbers, each with its least significant byte first.
    public let bytes: [UInt8]

    /// Makes an array of numbers that are bytes already; `nil` if the bytes are not a whole number of elements.
    public init?(kind: Kind, bytes: [UInt8]) {
        guard bytes.count % kind.size == 0 else { return nil }
        self.kind = kind
        self.bytes = bytes
    }

    /// Makes an array of numbers, with one copy of memory.
    public init<Element: NumericElement>(_ values: [Element]) {
        kind = Element.numericKind
        #if _endian(little)
            bytes = values.withUnsafeBytes { [UInt8]($0) }
        #else
            bytes = values.withUnsafeBytes { Self.swapped([UInt8]($0), size: MemoryLayout<Element>.size) }
        #endif
    }

    /// How many numbers there are.
    public var count: Int { bytes.count / kind.size }
}

extension NumericArray.Kind {
    /// Bytes of one number.
    public var size: Int {
        switch self {
        case .uint8, .uint8Clamped, .int8: 1
        case .uint16, .int16, .float16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        case .float128: 16
        }
    }

    /// Whether the numbers are integers.
    public var isInteger: Bool { rawValue <= Self.int64.rawValue }

    /// The tag for this kind with the least significant byte first.
    var tag: UInt64 {
        switch self {
        case .uint8: 64
        case .uint8Clamped: 68
        case .uint16: 69
        case .uint32: 70
        case .uint64: 71
        case .int8: 72
        case .int16: 77
        case .int32: 78
        case .int64: 79
        case .float16: 84
        case .float32: 85
        case .float64: 86
        case .float128: 87
        }
    }

    /// The kind that a tag stands for, and whether the most significant byte comes first; `nil` for other tags.
    static func of(tag: UInt64) -> (kind: NumericArray.Kind, bigEndian: Bool)? {
        if let kind = allCases.first(where: { $0.tag == tag }) { return (kind, false) }
        switch tag {
        case 65: return (.uint16, true)
        case 66: return (.uint32, true)
        case 67: return (.uint64, true)
        case 73: return (.int16, true)
        case 74: return (.int32, true)
        case 75: return (.int64, true)
        case 80: return (.float16, true)
        case 81: return (.float32, true)
        case 82: return (.float64, true)
        case 83: return (.float128, true)
        default: return nil
        }
    }
}

extension NumericArray: WireCodable {
    public func encode(into writer: inout WireWriter) throws(WireError) {
        writer.writeTag(kind.tag)
        writer.writeBytes(bytes)
    }

    public init(from reader: inout WireReader) throws(WireError) {
        let offset = reader.position
        guard try reader.peekKind() == .tag, let array = try reader.readNumericArray(tag: try reader.readTag()) else {
            throw reader.mismatch("a numeric array", at: offset)
        }
        self = array
    }

    /// The bytes with the order inside every element reversed.
    static func swapped(_ bytes: [UInt8], size: Int) -> [UInt8] {
        var result = bytes
        for element in stride(from: 0, to: bytes.count, by: size) {
            for index in 0..<size { result[element + index] = bytes[element + size - 1 - index] }
        }
        return result
    }
}

extension WireReader {
    /// Reads the bytes after a tag as numbers; `nil`, having read nothing, if the tag is not of a numeric array.
    mutating func readNumericArray(tag: UInt64) throws(WireError) -> NumericArray? {
        guard let (kind, bigEndian) = NumericArray.Kind.of(tag: tag) else { return nil }
        let offset = position
        guard try peekByte() & 0xE0 == WireMajor.bytes else {
            throw .malformed("a numeric array without bytes", at: offset)
        }
        var bytes = try readBytes { (bytes) throws(WireError) in [UInt8](bytes) }
        if bigEndian { bytes = NumericArray.swapped(bytes, size: kind.size) }
        guard let array = NumericArray(kind: kind, bytes: bytes) else {
            throw .malformed("a numeric array with a part of a number", at: offset)
        }
        return array
    }
}
