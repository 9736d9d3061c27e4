//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

extension Value {
    /// Whether this is null or undefined.
    public var isNull: Bool { self == .null || self == .undefined }

    /// The truth value, if this is one.
    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The integer, if this is one that fits.
    public var int: Int? {
        if case .int(let value) = self { Int(exactly: value) } else { nil }
    }

    /// The number as a double, if this is a number; integers are rounded.
    public var double: Double? {
        switch self {
        case .double(let value): value
        case .int(let value): Double(value)
        case .bigInteger(let value): value.doubleValue
        default: nil
        }
    }

    /// The text, if this is text.
    public var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The bytes, if this is a byte string.
    public var bytes: [UInt8]? {
        if case .bytes(let value) = self { value } else { nil }
    }

    /// The elements, if this is an array, tuple or set.
    public var array: [Value]? {
        switch self {
        case .array(let values), .tuple(let values), .set(let values), .frozenSet(let values): values
        default: nil
        }
    }

    /// The pairs, if this is a map.
    public var map: ValueMap? {
        if case .map(let value) = self { value } else { nil }
    }

    /// The channel, if this is one.
    public var channel: ChannelReference? {
        if case .channel(let value) = self { value } else { nil }
    }

    /// The numbers, if this is a numeric array.
    public var numericArray: NumericArray? {
        if case .numericArray(let value) = self { value } else { nil }
    }

    /// The value of a key, if this is a map that has it.
    public subscript(key: String) -> Value? {
        map?[.string(key)]
    }

    /// The value of a key, if this is a map that has it.
    @_disfavoredOverload
    public subscript(key: Value) -> Value? {
        map?[key]
    }

    /// The element at an index, if this is an array, tuple or set that has it.
    public subscript(index: Int) -> Value? {
        guard let array, array.indices.contains(index) else { return nil }
        return array[index]
    }
}
