//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What kind of value comes next, as its first byte tells; the raw values are the words of error messages.
public enum WireKind: String, Hashable, Sendable, CustomStringConvertible {
    case unsignedInteger = "an integer"
    case negativeInteger = "a negative integer"
    case bytes = "a byte string"
    case string = "text"
    case array = "an array"
    case map = "a map"
    case tag = "a tagged value"
    case bool = "a truth value"
    case null = "null"
    case undefined = "undefined"
    case float = "a floating-point number"
    case simple = "a simple value"
    case end = "the end of a container"

    public var description: String { rawValue }

    /// The kind of value that begins with `byte`.
    init(initialByte byte: UInt8) {
        switch byte & 0xE0 {
        case WireMajor.unsigned: self = .unsignedInteger
        case WireMajor.negative: self = .negativeInteger
        case WireMajor.bytes: self = .bytes
        case WireMajor.text: self = .string
        case WireMajor.array: self = .array
        case WireMajor.map: self = .map
        case WireMajor.tag: self = .tag
        default: self = Self.simple(byte)
        }
    }

    private static func simple(_ byte: UInt8) -> WireKind {
        switch byte {
        case WireByte.false, WireByte.true: .bool
        case WireByte.null: .null
        case WireByte.undefined: .undefined
        case WireByte.half, WireByte.single, WireByte.double: .float
        case WireByte.stop: .end
        default: .simple
        }
    }
}
