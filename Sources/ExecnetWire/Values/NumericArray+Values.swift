//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A machine type that the numbers of a ``NumericArray`` can have: the integers of 8 to 64 bits, `Float` and `Double`.
///
/// Other types must not conform.
public protocol NumericElement: BitwiseCopyable, Sendable {
    /// The kind of array that such numbers make.
    static var numericKind: NumericArray.Kind { get }

    /// The number as one of this type; `nil` if it does not fit.
    init?(numeric number: NumericArray.Number)
}

extension NumericArray {
    /// One number of an array, in the widest form of its sort.
    public enum Number: Hashable, Sendable {
        case signed(Int64)
        case unsigned(UInt64)
        case float(Double)
    }

    /// The numbers as `Element`: one copy of memory if that is what they are, else converted one by one.
    ///
    /// Integers are converted to any integer type that they all fit, and to floating point (rounded); floating point only
    /// to floating point.
    ///
    /// - Throws: ``WireError/Code/outOfRange`` or ``WireError/Code/typeMismatch`` if a number can't be converted.
    public func values<Element: NumericElement>(as type: Element.Type = Element.self) throws(WireError) -> [Element] {
        #if _endian(little)
            if kind == Element.numericKind || (kind == .uint8Clamped && Element.numericKind == .uint8) {
                return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
                    UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes)
                    initialized = count
                }
            }
        #endif
        var result: [Element] = []
        result.reserveCapacity(count)
        for index in 0..<count {
            let number = try number(at: index)
            guard let value = Element(numeric: number) else { throw mismatch(number, Element.self) }
            result.append(value)
        }
        return result
    }

    private func mismatch(_ number: Number, _ type: Any.Type) -> WireError {
        if case .float(let value) = number {
            return WireError(.typeMismatch, "the array's \(value) is a floating-point number, not \(type)")
        }
        return WireError(.outOfRange, "a number of the array does not fit \(type): \(number)")
    }

    /// One of the numbers.
    ///
    /// - Throws: ``WireError/Code/typeMismatch`` for numbers of 128 bits, which only exist as bytes.
    public func number(at index: Int) throws(WireError) -> Number {
        switch kind {
        case .uint8, .uint8Clamped: .unsigned(UInt64(load(index, UInt8.self)))
        case .uint16: .unsigned(UInt64(load(index, UInt16.self)))
        case .uint32: .unsigned(UInt64(load(index, UInt32.self)))
        case .uint64: .unsigned(load(index, UInt64.self))
        case .int8: .signed(Int64(load(index, Int8.self)))
        case .int16: .signed(Int64(load(index, Int16.self)))
        case .int32: .signed(Int64(load(index, Int32.self)))
        case .int64: .signed(load(index, Int64.self))
        case .float16: .float(HalfPrecision.double(load(index, UInt16.self)))
        case .float32: .float(Double(Float(bitPattern: load(index, UInt32.self))))
        case .float64: .float(Double(bitPattern: load(index, UInt64.self)))
        case .float128: throw WireError(.typeMismatch, "numbers of 128 bits are only available as bytes")
        }
    }

    private func load<Word: FixedWidthInteger & BitwiseCopyable>(_ index: Int, _ type: Word.Type) -> Word {
        precondition(index >= 0 && index < count, "index out of range")
        return bytes.withUnsafeBytes {
            Word(littleEndian: $0.loadUnaligned(fromByteOffset: index * MemoryLayout<Word>.size, as: Word.self))
        }
    }
}

extension NumericElement where Self: FixedWidthInteger {
    public static var numericKind: NumericArray.Kind {
        switch (MemoryLayout<Self>.size, isSigned) {
        case (1, true): .int8
        case (2, true): .int16
        case (4, true): .int32
        case (_, true): .int64
        case (1, false): .uint8
        case (2, false): .uint16
        case (4, false): .uint32
        case (_, false): .uint64
        }
    }

    public init?(numeric number: NumericArray.Number) {
        switch number {
        case .signed(let value): self.init(exactly: value)
        case .unsigned(let value): self.init(exactly: value)
        case .float: return nil
        }
    }
}

extension NumericElement where Self: BinaryFloatingPoint {
    public static var numericKind: NumericArray.Kind {
        MemoryLayout<Self>.size == 4 ? .float32 : .float64
    }

    public init?(numeric number: NumericArray.Number) {
        switch number {
        case .signed(let value): self.init(value)
        case .unsigned(let value): self.init(value)
        case .float(let value): self.init(value)
        }
    }
}

extension Int: NumericElement {}
extension Int8: NumericElement {}
extension Int16: NumericElement {}
extension Int32: NumericElement {}
extension Int64: NumericElement {}
extension UInt: NumericElement {}
extension UInt8: NumericElement {}
extension UInt16: NumericElement {}
extension UInt32: NumericElement {}
extension UInt64: NumericElement {}
extension Float: NumericElement {}
extension Double: NumericElement {}
