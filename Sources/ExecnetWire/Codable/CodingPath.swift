//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A place in an array, as a coding key.
struct WireIndexKey: CodingKey {
    let index: Int

    init(_ index: Int) { self.index = index }
    init?(intValue: Int) { index = intValue }
    init?(stringValue: String) { nil }

    var intValue: Int? { index }
    var stringValue: String { "Index \(index)" }
}

/// A key of a map as it was sent, or `super`.
struct WireNameKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(_ name: String) {
        stringValue = name
        intValue = nil
    }

    init?(intValue: Int) {
        stringValue = String(intValue)
        self.intValue = intValue
    }

    init?(stringValue: String) { self.init(stringValue) }

    static var `super`: WireNameKey { WireNameKey("super") }
}

extension WireReader {
    /// Reads the key of a map; `nil` for keys that are neither text nor numbers of 64 bits.
    mutating func readNameKey() throws(WireError) -> WireNameKey? {
        let before = cursor
        switch try peekKind() {
        case .string: return WireNameKey(try readString())
        case .unsignedInteger, .negativeInteger:
            if let number = try? readInt() { return WireNameKey(intValue: number) }
            cursor = before
            try skip()
            return nil
        default:
            try skip()
            return nil
        }
    }
}

/// A path as text: `records[3].name`.
func codingPathText(_ path: [any CodingKey]) -> String {
    var text = ""
    for key in path {
        if let index = key.intValue, key.stringValue == "Index \(index)" {
            text += "[\(index)]"
        } else {
            text += (text.isEmpty ? "" : ".") + key.stringValue
        }
    }
    return text
}

extension CodingUserInfoKey {
    /// Where an encoder or decoder of this module has the context that its caller gave it.
    public static let wireContext = CodingUserInfoKey(rawValue: "execnet.wire.context").unsafelyUnwrapped
}

extension WireError {
    /// What a type's own `encode(to:)` or `init(from:)` threw, as an error of this module.
    static func bridged(_ error: any Error) -> WireError {
        switch error {
        case let error as WireError: error
        case let error as EncodingError: bridged(error)
        case let error as DecodingError: bridged(error)
        default: WireError(.custom, "the type's own coding failed", cause: error)
        }
    }

    private static func bridged(_ error: EncodingError) -> WireError {
        guard case .invalidValue(let value, let context) = error else {
            return WireError(.unsupportedValue, "can't serialize the value", cause: error)
        }
        let reason = "can't serialize \(type(of: value)): \(context.debugDescription)"
        return WireError(.unsupportedValue, reason, codingPath: codingPathText(context.codingPath), cause: error)
    }

    private static func bridged(_ error: DecodingError) -> WireError {
        switch error {
        case .keyNotFound(let key, let context):
            return bridged(.missingKey, "there is no key \"\(key.stringValue)\"", context, error)
        case .valueNotFound(let type, let context):
            return bridged(.typeMismatch, "expected \(type): \(context.debugDescription)", context, error)
        case .typeMismatch(let type, let context):
            return bridged(.typeMismatch, "expected \(type): \(context.debugDescription)", context, error)
        case .dataCorrupted(let context):
            return bridged(.malformed, context.debugDescription, context, error)
        @unknown default:
            return WireError(.malformed, "the value could not be read", cause: error)
        }
    }

    private static func bridged(
        _ code: Code,
        _ message: String,
        _ context: DecodingError.Context,
        _ cause: DecodingError
    ) -> WireError {
        let path = codingPathText(context.codingPath)
        if let error = context.underlyingError as? WireError {
            return WireError(error.code, error.message, codingPath: path)
        }
        return WireError(code, message, codingPath: path, cause: cause)
    }
}
