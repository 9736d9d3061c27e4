//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Any value that can be sent, when its type is not known beforehand: what Python programs mostly send.
///
/// Equality is plain: the same case with equal contents. So `.int(1)` is not `.double(1)`, and maps and sets compare in
/// the order in which they were sent. Doubles are equal if they are equal numbers, and NaN equals NaN of the same bits,
/// so that a value always equals itself and can be a key.
public enum Value: Hashable, Sendable {
    /// Nothing, Python's `None`.
    case null
    /// JavaScript's undefined, which others send too.
    case undefined
    /// A truth value.
    case bool(Bool)
    /// An integer that fits 64 bits.
    case int(Int64)
    /// An integer that does not fit 64 bits; see ``integer(_:)``.
    case bigInteger(BigInteger)
    /// A floating-point number.
    case double(Double)
    /// Text.
    case string(String)
    /// A byte string.
    case bytes([UInt8])
    /// An array, Python's `list`.
    case array([Value])
    /// A map, Python's `dict`.
    case map(ValueMap)
    /// Python's `tuple`.
    case tuple([Value])
    /// A set, Python's `set`; the elements are kept as sent.
    case set([Value])
    /// Python's `frozenset`.
    case frozenSet([Value])
    /// A complex number.
    case complex(real: Double, imaginary: Double)
    /// Many numbers of one machine type.
    case numericArray(NumericArray)
    /// A channel.
    case channel(ChannelReference)
    /// A simple value of RFC 8949 that has no meaning here.
    case simple(UInt8)
    /// A value with a tag that has no meaning here.
    indirect case tagged(UInt64, Value)

    /// An integer of any size, in the case that is meant for its size.
    public static func integer(_ value: BigInteger) -> Value {
        if let small = Int64(value) { .int(small) } else { .bigInteger(value) }
    }

    public static func == (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.null, .null), (.undefined, .undefined): true
        case (.bool(let left), .bool(let right)): left == right
        case (.int(let left), .int(let right)): left == right
        case (.bigInteger(let left), .bigInteger(let right)): left == right
        case (.double(let left), .double(let right)): same(left, right)
        case (.string(let left), .string(let right)): left == right
        case (.bytes(let left), .bytes(let right)): left == right
        case (.array(let left), .array(let right)), (.tuple(let left), .tuple(let right)),
            (.set(let left), .set(let right)), (.frozenSet(let left), .frozenSet(let right)):
            left == right
        case (.map(let left), .map(let right)): left == right
        case (.complex(let real, let imaginary), .complex(let otherReal, let otherImaginary)):
            same(real, otherReal) && same(imaginary, otherImaginary)
        case (.numericArray(let left), .numericArray(let right)): left == right
        case (.channel(let left), .channel(let right)): left == right
        case (.simple(let left), .simple(let right)): left == right
        case (.tagged(let tag, let left), .tagged(let otherTag, let right)): tag == otherTag && left == right
        default: false
        }
    }

    private static func same(_ left: Double, _ right: Double) -> Bool {
        left == right || left.bitPattern == right.bitPattern
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .undefined: hasher.combine(1)
        case .bool(let value): hasher.combine(value)
        case .int(let value): hasher.combine(value)
        case .bigInteger(let value): hasher.combine(value)
        case .double(let value): hasher.combine(value)
        case .string(let value): hasher.combine(value)
        case .bytes(let value): hasher.combine(value)
        case .array(let value): hasher.combine(value)
        case .map(let value): hasher.combine(value)
        case .tuple(let value): hasher.combine(value)
        case .set(let value): hasher.combine(value)
        case .frozenSet(let value): hasher.combine(value)
        case .complex(let real, let imaginary):
            hasher.combine(real)
            hasher.combine(imaginary)
        case .numericArray(let value): hasher.combine(value)
        case .channel(let value): hasher.combine(value)
        case .simple(let value): hasher.combine(value)
        case .tagged(let tag, let value):
            hasher.combine(tag)
            hasher.combine(value)
        }
    }
}
