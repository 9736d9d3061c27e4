//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

extension Value: CustomStringConvertible {
    /// The value as Python's `repr` has it, where Python has such a value.
    public var description: String {
        switch self {
        case .null: "None"
        case .undefined: "undefined"
        case .bool(let value): value ? "True" : "False"
        case .int(let value): String(value)
        case .bigInteger(let value): value.description
        case .double(let value): value.description
        case .string(let value): Self.quoted(value)
        case .bytes(let value): "b" + Self.quoted(bytes: value)
        case .array(let values): "[\(Self.list(values))]"
        case .map(let map): "{" + map.entries.map { "\($0.key): \($0.value)" }.joined(separator: ", ") + "}"
        case .tuple(let values): values.count == 1 ? "(\(values[0]),)" : "(\(Self.list(values)))"
        case .set(let values): values.isEmpty ? "set()" : "{\(Self.list(values))}"
        case .frozenSet(let values): values.isEmpty ? "frozenset()" : "frozenset({\(Self.list(values))})"
        case .complex(let real, let imaginary): "complex(\(real), \(imaginary))"
        case .numericArray(let array): "<\(array.count) x \(array.kind)>"
        case .channel(let channel): channel.description
        case .simple(let number): "simple(\(number))"
        case .tagged(let tag, let value): "\(tag)(\(value))"
        }
    }

    private static func list(_ values: [Value]) -> String {
        values.map(\.description).joined(separator: ", ")
    }

    private static func quoted(_ text: String) -> String {
        let quote: Unicode.Scalar = text.contains("'") && !text.contains("\"") ? "\"" : "'"
        var result = String(quote)
        for scalar in text.unicodeScalars { result += escaped(scalar, quote: quote) }
        return result + String(quote)
    }

    private static func escaped(_ scalar: Unicode.Scalar, quote: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        case "\\": return "\\\\"
        case quote: return "\\" + String(quote)
        default: break
        }
        if scalar.value < 0x20 || scalar.value == 0x7F { return "\\x" + hexadecimal(UInt8(scalar.value)) }
        return String(scalar)
    }

    private static func quoted(bytes: [UInt8]) -> String {
        let quote: Unicode.Scalar = bytes.contains(0x27) && !bytes.contains(0x22) ? "\"" : "'"
        var result = String(quote)
        for byte in bytes {
            result += byte < 0x80 ? escaped(Unicode.Scalar(byte), quote: quote) : "\\x" + hexadecimal(byte)
        }
        return result + String(quote)
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}
