//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// An integer of any size: a sign, and the bytes of its magnitude.
///
/// It carries numbers that fit no machine integer to where arithmetic on them is done (Python, for instance) and back.
public struct BigInteger: Hashable, Sendable {
    /// Whether the number is below zero; zero is not.
    public let isNegative: Bool
    /// The bytes of the absolute value, most significant first and without leading zeros; zero has none.
    public let magnitude: [UInt8]

    /// Makes a number. Leading zeros are dropped.
    public init(isNegative: Bool = false, magnitude: some Sequence<UInt8>) {
        self.magnitude = Array(magnitude.drop { $0 == 0 })
        self.isNegative = isNegative && !self.magnitude.isEmpty
    }

    /// Makes a number of the same value.
    public init(_ value: some BinaryInteger) {
        var bytes: [UInt8] = []
        var rest = value.magnitude
        while rest != 0 {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
        self.init(isNegative: value < 0, magnitude: bytes.reversed())
    }

    /// -1 - n, where n has the given bytes: how the wire has negative numbers.
    init(minusOneMinus bytes: some Sequence<UInt8>) {
        var magnitude = [0] + bytes
        for index in magnitude.indices.reversed() {
            magnitude[index] &+= 1
            if magnitude[index] != 0 { break }
        }
        self.init(isNegative: true, magnitude: magnitude)
    }

    /// The bytes of n, where this negative number is -1 - n.
    var bytesOfMinusOneMinus: [UInt8] {
        var bytes = magnitude
        for index in bytes.indices.reversed() {
            bytes[index] &-= 1
            if bytes[index] != 0xFF { break }
        }
        return Array(bytes.drop { $0 == 0 })
    }

    /// The nearest double; infinite if there is none.
    public var doubleValue: Double {
        // 64 bits and one that says whether anything follows are enough to round correctly.
        var top: UInt64 = 0
        var used = 0
        for byte in magnitude.prefix(8) {
            top = top << 8 | UInt64(byte)
            used += 1
        }
        let rest = magnitude.dropFirst(8)
        guard rest.count <= 120 else { return isNegative ? -.infinity : .infinity }
        var value: Double
        if rest.isEmpty {
            value = Double(top)
        } else {
            let shift = top.leadingZeroBitCount
            let next = rest.first ?? 0
            let full = top << UInt64(shift) | UInt64(next) >> UInt64(8 - shift)
            let tail = next << UInt8(shift) != 0 || rest.dropFirst().contains { $0 != 0 }
            value = Double(full | (tail ? 1 : 0))
            value = Double(sign: .plus, exponent: rest.count * 8 - shift, significand: value)
        }
        value = isNegative ? -value : value
        return value
    }
}

extension BigInteger: CustomStringConvertible {
    /// Decimal digits; for numbers of more than 1,792 bytes (4,300 digits, where Python draws the line too) hexadecimal.
    public var description: String {
        let sign = isNegative ? "-" : ""
        if magnitude.count > 1792 { return sign + "0x" + hexadecimal }
        return sign + decimal
    }

    private var hexadecimal: String {
        var text = ""
        for byte in magnitude {
            if byte < 16 { text += "0" }
            text += String(byte, radix: 16)
        }
        return text
    }

    private var decimal: String {
        var limbs: [UInt64] = []  // base 10^18, least significant first
        for byte in magnitude {
            var carry = UInt64(byte)
            for index in limbs.indices {
                let (high, low) = limbs[index].multipliedFullWidth(by: 256)
                let (sum, overflow) = low.addingReportingOverflow(carry)
                let (quotient, remainder) = Self.base.dividingFullWidth((high + (overflow ? 1 : 0), sum))
                limbs[index] = remainder
                carry = quotient
            }
            if carry > 0 { limbs.append(carry) }
        }
        guard let last = limbs.last else { return "0" }
        var text = String(last)
        for limb in limbs.dropLast().reversed() {
            let digits = String(limb)
            text += String(repeating: "0", count: 18 - digits.utf8.count) + digits
        }
        return text
    }

    private static let base: UInt64 = 1_000_000_000_000_000_000
}

extension FixedWidthInteger {
    /// The same number, if it fits.
    public init?(_ big: BigInteger) {
        guard big.magnitude.count <= Self.bitWidth / 8 else { return nil }
        var value: Self.Magnitude = 0
        for byte in big.magnitude { value = value &<< 8 | Self.Magnitude(byte) }
        if big.isNegative {
            guard Self.isSigned, value <= Self.min.magnitude else { return nil }
            self = Self(truncatingIfNeeded: 0 &- value)
        } else {
            guard let exact = Self(exactly: value) else { return nil }
            self = exact
        }
    }
}

extension WireWriter {
    /// Writes an integer of any size, in the shortest form.
    public mutating func writeBigInteger(_ value: BigInteger) {
        let bytes = value.isNegative ? value.bytesOfMinusOneMinus : value.magnitude
        if bytes.count <= 8 {
            let argument = bytes.reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
            writeHead(major: value.isNegative ? WireMajor.negative : WireMajor.unsigned, argument: argument)
        } else {
            writeTag(value.isNegative ? WireTag.negativeBig : WireTag.positiveBig)
            writeBytes(bytes)
        }
    }
}

extension WireReader {
    /// Reads an integer of any size; `nil` if something else comes next.
    mutating func readBigInteger() throws(WireError) -> BigInteger? {
        let offset = position
        let head = try readHead()
        switch (head.major, head.argument) {
        case (WireMajor.unsigned, _):
            return BigInteger(head.argument)
        case (WireMajor.negative, _):
            return BigInteger(minusOneMinus: BigInteger(head.argument).magnitude)
        case (WireMajor.tag, WireTag.positiveBig):
            return BigInteger(magnitude: try readBigBytes(offset))
        case (WireMajor.tag, WireTag.negativeBig):
            return BigInteger(minusOneMinus: try readBigBytes(offset))
        default:
            return nil
        }
    }

    private mutating func readBigBytes(_ offset: Int) throws(WireError) -> [UInt8] {
        guard try peekByte() & 0xE0 == WireMajor.bytes else {
            throw .malformed("a big integer without bytes", at: offset)
        }
        return try readBytes { (bytes) throws(WireError) in [UInt8](bytes) }
    }
}
