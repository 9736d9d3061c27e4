//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

extension WireReader {
    /// Reads an integer.
    ///
    /// - Throws: ``WireError/Code/outOfRange`` if it does not fit.
    @inlinable @inline(__always)
    public mutating func readInt() throws(WireError) -> Int {
        try readInteger(Int.self)
    }

    /// Reads an integer of a given type.
    ///
    /// - Throws: ``WireError/Code/outOfRange`` if it does not fit.
    @inlinable @inline(__always)
    public mutating func readInteger<Number: FixedWidthInteger>(
        _ type: Number.Type = Number.self
    ) throws(WireError) -> Number {
        let offset = position
        let head = try readHead()
        guard head.initial < WireMajor.bytes else { return try readUnusualInteger(from: offset) }
        let sign = Int64(head.initial &>> 5)
        if Number.isSigned, Number.bitWidth <= 64 {
            guard head.argument <= UInt64(Int64.max),
                let value = Number(exactly: Int64(bitPattern: head.argument) ^ (0 &- sign))
            else { throw .outOfRange(Number.self, at: offset) }
            return value
        }
        guard sign == 0, let value = Number(exactly: head.argument) else {
            return try readUnusualInteger(from: offset)
        }
        return value
    }

    /// Big integers, and negative numbers for types that are unsigned or wider than 64 bits.
    @usableFromInline @inline(never)
    mutating func readUnusualInteger<Number: FixedWidthInteger>(from offset: Int) throws(WireError) -> Number {
        cursor = start + offset
        guard let big = try readBigInteger() else { throw mismatch("an integer", at: offset) }
        guard let value = Number(big) else { throw .outOfRange(Number.self, at: offset) }
        return value
    }

    /// Reads a number as a double: one of any width, or an integer.
    @inlinable @inline(__always)
    public mutating func readDouble() throws(WireError) -> Double {
        if end - cursor >= 9, cursor.load(as: UInt8.self) == WireByte.double {
            let bits = UInt64(bigEndian: (cursor + 1).loadUnaligned(as: UInt64.self))
            cursor += 9
            return Double(bitPattern: bits)
        }
        return try readUnusualDouble()
    }

    @usableFromInline @inline(never)
    mutating func readUnusualDouble() throws(WireError) -> Double {
        let offset = position
        let byte = try peekByte()
        switch byte {
        case WireByte.half: return HalfPrecision.double(UInt16(truncatingIfNeeded: try readHead().argument))
        case WireByte.single: return Double(Float(bitPattern: UInt32(truncatingIfNeeded: try readHead().argument)))
        case WireByte.double: return Double(bitPattern: try readHead().argument)
        default: break
        }
        guard let integer = try readBigInteger() else { throw mismatch("a number", at: offset) }
        return integer.doubleValue
    }

    /// Reads a truth value.
    @inlinable
    public mutating func readBool() throws(WireError) -> Bool {
        let byte = try peekByte()
        guard byte & 0xFE == WireByte.false else { throw mismatch("a truth value", at: position) }
        cursor += 1
        return byte == WireByte.true
    }

    /// Reads null or undefined, if that comes next.
    @inlinable @inline(__always)
    public mutating func readNull() throws(WireError) -> Bool {
        guard try peekByte() & 0xFE == WireByte.null else { return false }
        cursor += 1
        return true
    }

    /// Reads a reference to a channel.
    public mutating func readChannel() throws(WireError) -> ChannelReference {
        let offset = position
        guard try readTag() == WireTag.channel else { throw mismatch("a channel", at: offset) }
        let head = try readHead()
        guard head.major == WireMajor.unsigned else { throw .malformed("a channel without a number", at: offset) }
        return ChannelReference(id: head.argument)
    }
}
