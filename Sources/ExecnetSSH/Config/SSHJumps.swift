//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The argument of `ProxyJump`: hosts to go through, in this order.
enum SSHJumps {
    /// More could only be a mistake, and each costs a session.
    static let maximum = 8

    /// The hosts as written, empty for `none`; each is a destination, but for tokens in it.
    static func words(of line: SSHConfigLine, at place: SSHConfigPlace) throws(SSHConfigError) -> [String] {
        let text = line.arguments.joined(separator: " ")
        if text.asciiLowercased == "none" { return [] }
        let words = text.commaSeparated.map(trimmed)
        for word in words { _ = try destination(word, at: place) }
        guard words.count <= maximum else {
            throw SSHConfigError(.limit, "proxyjump goes through more than \(maximum) hosts", at: place)
        }
        return words
    }

    private static func trimmed(_ word: String) -> String {
        var bytes = Array(word.utf8)[...]
        while bytes.last?.isSpace == true { bytes.removeLast() }
        return String(decoding: bytes.drop(while: \.isSpace), as: UTF8.self)
    }

    /// One host of the list.
    static func destination(_ text: String, at place: SSHConfigPlace?) throws(SSHConfigError) -> SSHDestination {
        do {
            return try SSHDestination(text)
        } catch {
            throw SSHConfigError(.badValue, "a host of proxyjump is wrong: \(error)", at: place)
        }
    }
}
