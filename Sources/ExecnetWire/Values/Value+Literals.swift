//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

extension Value: ExpressibleByNilLiteral {
    public init(nilLiteral: ()) { self = .null }
}

extension Value: ExpressibleByBooleanLiteral {
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension Value: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int64) { self = .int(value) }
}

extension Value: ExpressibleByFloatLiteral {
    public init(floatLiteral value: Double) { self = .double(value) }
}

extension Value: ExpressibleByStringInterpolation {
    public init(stringLiteral value: String) { self = .string(value) }
}

extension Value: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: Value...) { self = .array(elements) }
}

extension Value: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral pairs: (Value, Value)...) {
        self = .map(ValueMap(pairs.map { ValueMap.Entry(key: $0.0, value: $0.1) }))
    }
}

extension Value {
    /// An integer of any type.
    public init(_ value: some BinaryInteger) {
        if let small = Int64(exactly: value) { self = .int(small) } else { self = .bigInteger(BigInteger(value)) }
    }

    /// A floating-point number.
    public init(_ value: Double) { self = .double(value) }

    /// A truth value.
    public init(_ value: Bool) { self = .bool(value) }

    /// Text.
    public init(_ value: String) { self = .string(value) }

    /// An array.
    public init(_ value: [Value]) { self = .array(value) }

    /// Numbers of one machine type.
    public init(_ value: NumericArray) { self = .numericArray(value) }

    /// A map with text as keys.
    public init(_ value: [String: Value]) {
        self = .map(ValueMap(value.map { ValueMap.Entry(key: .string($0.key), value: $0.value) }))
    }
}
