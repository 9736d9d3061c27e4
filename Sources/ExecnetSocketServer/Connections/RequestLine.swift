//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What names a process for those who ask for its standard error: 32 hexadecimal digits that the client chose.
struct Token: Hashable, Sendable, CustomStringConvertible {
    let description: String

    init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 32, bytes.allSatisfy(Token.isHexadecimal) else { return nil }
        description = String(decoding: bytes, as: UTF8.self)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}

/// The one line with which a client says what it wants.
enum Request: Hashable, Sendable {
    case run(Token, command: String)
    case attach(Token)

    /// Bytes of a line, its newline counted.
    static let maximumLength = 65_536
    /// The version of the protocol, of which there will never be many.
    static let version = "1"

    /// Reads a line, given without its newline.
    init(line: some Collection<UInt8>) throws(Refusal) {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0].elementsEqual("execnet".utf8) else {
            throw Refusal(.malformed, "the line does not begin with \"execnet \(Request.version) \"")
        }
        guard parts[1].elementsEqual(Request.version.utf8) else {
            throw Refusal(.unsupported, "this server speaks version \(Request.version)")
        }
        guard parts.count == 4 else {
            throw Refusal(.malformed, "a verb and a token are expected after the version")
        }
        // The rest is split by hand, because a command keeps its spaces.
        switch String(decoding: parts[2], as: UTF8.self) {
        case "run": self = try Request.run(parts[3])
        case "attach":
            guard let token = Token(parts[3]) else { throw Request.badToken }
            self = .attach(token)
        default: throw Refusal(.malformed, "the verb is neither run nor attach")
        }
    }

    private static func run(_ rest: some Collection<UInt8>) throws(Refusal) -> Request {
        let parts = rest.split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let token = Token(first) else { throw badToken }
        guard parts.count == 2, !parts[1].isEmpty else { throw Refusal(.malformed, "there is no command") }
        guard !parts[1].contains(0), let command = String(validating: parts[1], as: UTF8.self) else {
            throw Refusal(.malformed, "the command is not UTF-8, or has a zero in it")
        }
        return .run(token, command: command)
    }

    private static let badToken = Refusal(.malformed, "a token has 32 hexadecimal digits")
}
