//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

extension Bool: WireCodable {
    @inlinable
    public func encode(into writer: inout WireWriter) throws(WireError) { writer.writeBool(self) }

    @inlinable
    public init(from reader: inout WireReader) throws(WireError) { self = try reader.readBool() }
}

extension String: WireCodable {
    @inlinable
    public func encode(into writer: inout WireWriter) throws(WireError) { writer.writeString(self) }

    @inlinable
    public init(from reader: inout WireReader) throws(WireError) { self = try reader.readString() }
}

extension Double: WireCodable {
    @inlinable
    public func encode(into writer: inout WireWriter) throws(WireError) { writer.writeDouble(self) }

    @inlinable
    public init(from reader: inout WireReader) throws(WireError) { self = try reader.readDouble() }

    public static func encodeElements(
        _ elements: UnsafeBufferPointer<Double>,
        into writer: inout WireWriter
    ) throws(WireError) {
        try writer.writeNumbers(elements) { value, target in WireWriter.store(value, at: target) }
    }

    public static func decodeElements(from reader: inout WireReader) throws(WireError) -> [Double] {
        try reader.readNumbers { (reader) throws(WireError) in try reader.readDouble() }
    }
}

/// Sent as a double, from which it comes back unchanged; a double that is not a float is rounded.
extension Float: WireCodable {
    @inlinable
    public func encode(into writer: inout WireWriter) throws(WireError) { writer.writeDouble(Double(self)) }

    public init(from reader: inout WireReader) throws(WireError) {
        let offset = reader.position
        let wide = try reader.readDouble()
        self.init(wide)
        if isInfinite, wide.isFinite { throw .outOfRange(Float.self, at: offset) }
    }

    public static func encodeElements(
        _ elements: UnsafeBufferPointer<Float>,
        into writer: inout WireWriter
    ) throws(WireError) {
        try writer.writeNumbers(elements) { value, target in WireWriter.store(Double(value), at: target) }
    }

    public static func decodeElements(from reader: inout WireReader) throws(WireError) -> [Float] {
        try reader.readNumbers { (reader) throws(WireError) in try Float(from: &reader) }
    }
}

extension WireWriter {
    /// Writes an array of numbers, with room made for many at a time.
    @inline(__always)
    mutating func writeNumbers<Number>(
        _ numbers: UnsafeBufferPointer<Number>,
        _ store: (Number, UnsafeMutableRawPointer) -> UnsafeMutableRawPointer
    ) throws(WireError) {
        guard remainingDepth > 0 else { throw .tooDeep() }
        beginArray(numbers.count)
        let before = count
        var index = 0
        while index < numbers.count {
            let end = min(index + 1024, numbers.count)
            if limit - cursor < (end - index) * Self.headSize {
                expect(numbers.count, done: index, since: before)
                reserve((end - index) * Self.headSize)
            }
            var target = cursor
            while index < end {
                target = store(numbers[index], target)
                index += 1
            }
            cursor = target
        }
    }
}

extension WireReader {
    /// Reads an array of numbers: a plain one, or one of RFC 8746.
    @inline(__always)
    mutating func readNumbers<Number: NumericElement>(
        _ read: (inout WireReader) throws(WireError) -> Number
    ) throws(WireError) -> [Number] {
        if try peekByte() & 0xE0 == WireMajor.tag, let numbers: [Number] = try readNumericValues() { return numbers }
        guard remainingDepth > 0 else { throw .tooDeep() }
        guard let count = try readListHead() else { return try readEndlessNumbers(read) }
        return try [Number](unsafeUninitializedCapacity: count) { (buffer, initialized) throws(WireError) in
            for index in 0..<count { buffer.initializeElement(at: index, to: try read(&self)) }
            initialized = count
        }
    }

    private mutating func readEndlessNumbers<Number: NumericElement>(
        _ read: (inout WireReader) throws(WireError) -> Number
    ) throws(WireError) -> [Number] {
        var numbers: [Number] = []
        while try !readBreak() { numbers.append(try read(&self)) }
        return numbers
    }

    /// Reads a numeric array, if that comes next.
    @inline(never)
    mutating func readNumericValues<Number: NumericElement>() throws(WireError) -> [Number]? {
        let before = cursor
        guard let array = try readNumericArray(tag: try readTag()) else {
            cursor = before
            return nil
        }
        return try array.values()
    }
}
