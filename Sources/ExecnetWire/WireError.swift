//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Bytes that could not be read as a value, or a value that could not be written as bytes.
///
/// Thrown by everything in this module. It is one word in size, so that functions that can throw it stay as fast as
/// functions that cannot.
public struct WireError: Error, Sendable, CustomStringConvertible {
    private final class Storage: Sendable {
        let code: Code
        let message: String
        let codingPath: String
        let cause: (any Error)?

        init(code: Code, message: String, codingPath: String, cause: (any Error)?) {
            self.code = code
            self.message = message
            self.codingPath = codingPath
            self.cause = cause
        }
    }

    private let storage: Storage

    /// What kind of failure it was, to decide on in code.
    public var code: Code { storage.code }
    /// What went wrong and what to do, in words.
    public var message: String { storage.message }
    /// Where in the value it happened, such as `records[3].name`; empty if that is not known or is the value itself.
    public var codingPath: String { storage.codingPath }
    /// The error that a type's own coding threw, if there was one.
    public var cause: (any Error)? { storage.cause }

    /// Makes an error.
    public init(_ code: Code, _ message: String, codingPath: String = "", cause: (any Error)? = nil) {
        storage = Storage(code: code, message: message, codingPath: codingPath, cause: cause)
    }

    /// The same error, said to have happened at `path`.
    package func at(path: String) -> WireError {
        WireError(code, message, codingPath: path, cause: cause)
    }

    public var description: String {
        var text = "\(code): \(message)"
        if !codingPath.isEmpty { text += " (at \(codingPath))" }
        if let cause { text += " (cause: \(cause))" }
        return text
    }
}

extension WireError {
    /// The kinds of failure. More may be added, so a `switch` over them needs a `default`.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Kind: String {
            case truncated, malformed, depthExceeded, lengthExceeded, sizeExceeded, trailingBytes, typeMismatch
            case missingKey, unsupportedValue, outOfRange, invalidUTF8, foreignChannel, unknownFrameType
            case frameTooLarge, custom
        }

        private let kind: Kind

        /// The bytes end inside a value.
        public static let truncated = Code(kind: .truncated)
        /// The bytes break a rule of the format.
        public static let malformed = Code(kind: .malformed)
        /// Containers are nested deeper than the limit.
        public static let depthExceeded = Code(kind: .depthExceeded)
        /// One string or container is longer than the limit.
        public static let lengthExceeded = Code(kind: .lengthExceeded)
        /// The whole item is larger than the limit.
        public static let sizeExceeded = Code(kind: .sizeExceeded)
        /// A value was read and bytes are left over.
        public static let trailingBytes = Code(kind: .trailingBytes)
        /// The value is well formed but of another kind than the one asked for.
        public static let typeMismatch = Code(kind: .typeMismatch)
        /// A map lacks a key that the type needs.
        public static let missingKey = Code(kind: .missingKey)
        /// The value has no form on the wire.
        public static let unsupportedValue = Code(kind: .unsupportedValue)
        /// A number does not fit the type asked for.
        public static let outOfRange = Code(kind: .outOfRange)
        /// Text is not valid UTF-8.
        public static let invalidUTF8 = Code(kind: .invalidUTF8)
        /// A channel was sent over a gateway to which it does not belong.
        public static let foreignChannel = Code(kind: .foreignChannel)
        /// A frame's type is not one of the protocol's.
        public static let unknownFrameType = Code(kind: .unknownFrameType)
        /// A frame announces a larger payload than the protocol allows.
        public static let frameTooLarge = Code(kind: .frameTooLarge)
        /// A type's own `encode(to:)` or `init(from:)` threw; see ``WireError/cause``.
        public static let custom = Code(kind: .custom)

        public var description: String { kind.rawValue }
    }
}

/// Makers of the errors of the hot paths, kept out of line.
extension WireError {
    @usableFromInline @inline(never)
    static func truncated(at offset: Int) -> WireError {
        WireError(.truncated, "the bytes end inside the value that begins at byte \(offset)")
    }

    @usableFromInline @inline(never)
    static func malformed(_ what: String, at offset: Int) -> WireError {
        WireError(.malformed, "\(what) at byte \(offset)")
    }

    @usableFromInline @inline(never)
    static func mismatch(_ wanted: String, _ kind: WireKind, at offset: Int) -> WireError {
        WireError(.typeMismatch, "expected \(wanted) but found \(kind) at byte \(offset)")
    }

    @usableFromInline @inline(never)
    static func outOfRange(_ type: Any.Type, at offset: Int) -> WireError {
        WireError(.outOfRange, "the number at byte \(offset) does not fit \(type)")
    }

    @usableFromInline @inline(never)
    static func tooDeep() -> WireError {
        WireError(
            .depthExceeded,
            "containers are nested deeper than the limit; send a flatter value or raise the limit"
        )
    }

    @usableFromInline @inline(never)
    static func tooLong(_ count: UInt64, at offset: Int) -> WireError {
        WireError(.lengthExceeded, "length \(count) at byte \(offset) is beyond the limit")
    }
}
