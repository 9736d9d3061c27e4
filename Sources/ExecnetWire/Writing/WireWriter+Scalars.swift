//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

extension WireWriter {
    /// The most bytes that a head takes, which is also room enough for any number.
    @inlinable static var headSize: Int { 9 }

    /// Stores a head in its shortest form and returns where the next byte goes. Needs room for 9 bytes, uses 1 to 9.
    @inlinable @inline(__always)
    static func store(
        major: UInt8,
        argument: UInt64,
        at target: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        if argument < 24 {
            target.storeBytes(of: major | UInt8(truncatingIfNeeded: argument), as: UInt8.self)
            return target + 1
        }
        let power = (argument > 0xFF ? 1 : 0) + (argument > 0xFFFF ? 1 : 0) + (argument > 0xFFFF_FFFF ? 1 : 0)
        let width = 1 &<< power
        target.storeBytes(of: major | UInt8(truncatingIfNeeded: 24 + power), as: UInt8.self)
        (target + 1).storeBytes(of: (argument &<< UInt64(64 - 8 * width)).bigEndian, as: UInt64.self)
        return target + (1 + width)
    }

    /// Stores a signed number; see ``store(major:argument:at:)``.
    @inlinable @inline(__always)
    static func store(_ value: Int64, at target: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        let sign = value &>> 63
        return store(
            major: UInt8(truncatingIfNeeded: sign) & WireMajor.negative,
            argument: UInt64(bitPattern: value ^ sign),
            at: target
        )
    }

    /// Writes a head: a major type, its three bits in place (`0x80` is an array), and its argument.
    @inlinable @inline(__always)
    public mutating func writeHead(major: UInt8, argument: UInt64) {
        reserve(Self.headSize)
        cursor = Self.store(major: major, argument: argument, at: cursor)
    }

    /// Writes a number of any type that fits 64 bits, signed or not.
    @inlinable @inline(__always)
    public mutating func writeInt<Number: FixedWidthInteger>(_ value: Number) {
        reserve(Self.headSize)
        if Number.isSigned {
            cursor = Self.store(Int64(truncatingIfNeeded: value), at: cursor)
        } else {
            cursor = Self.store(major: WireMajor.unsigned, argument: UInt64(truncatingIfNeeded: value), at: cursor)
        }
    }

    /// Writes a number in 64 bits.
    @inlinable @inline(__always)
    public mutating func writeDouble(_ value: Double) {
        reserve(Self.headSize)
        cursor = Self.store(value, at: cursor)
    }

    @inlinable @inline(__always)
    static func store(_ value: Double, at target: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        target.storeBytes(of: WireByte.double, as: UInt8.self)
        (target + 1).storeBytes(of: value.bitPattern.bigEndian, as: UInt64.self)
        return target + 9
    }

    /// Writes a truth value.
    @inlinable @inline(__always)
    public mutating func writeBool(_ value: Bool) {
        writeByte(value ? WireByte.true : WireByte.false)
    }

    /// Writes null, Python's `None`.
    @inlinable @inline(__always)
    public mutating func writeNull() {
        writeByte(WireByte.null)
    }

    @inlinable @inline(__always)
    mutating func writeByte(_ byte: UInt8) {
        reserve(1)
        cursor.storeBytes(of: byte, as: UInt8.self)
        cursor += 1
    }

    /// Begins an array of exactly `count` values, which the caller writes next.
    @inlinable @inline(__always)
    public mutating func beginArray(_ count: Int) {
        writeHead(major: WireMajor.array, argument: UInt64(truncatingIfNeeded: count))
    }

    /// Begins a map of exactly `count` pairs, which the caller writes next: key, value, key, value.
    @inlinable @inline(__always)
    public mutating func beginMap(_ count: Int) {
        writeHead(major: WireMajor.map, argument: UInt64(truncatingIfNeeded: count))
    }

    /// Writes a tag, which gives a meaning to the value that the caller writes next.
    @inlinable @inline(__always)
    public mutating func writeTag(_ number: UInt64) {
        writeHead(major: WireMajor.tag, argument: number)
    }

    /// Writes a reference to a channel and notes its number.
    public mutating func writeChannel(_ reference: ChannelReference) {
        if references == nil { references = [] }
        references?.append(reference.id)
        writeTag(WireTag.channel)
        writeInt(reference.id)
    }
}
