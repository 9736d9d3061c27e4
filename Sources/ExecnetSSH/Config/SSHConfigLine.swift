//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// One line of a configuration file, taken apart: a keyword and its arguments.
struct SSHConfigLine {
    /// In lower case.
    let keyword: String
    /// What stands after the keyword, as written; for commands, which a shell takes apart.
    let rest: [UInt8]
    let arguments: [String]

    /// Nil for empty lines and comments.
    init?(_ bytes: some Sequence<UInt8>, at place: SSHConfigPlace) throws(SSHConfigError) {
        var line = Array(bytes.prefix { $0 != 0 })
        while let last = line.last, last.isSpace || last == 0x0c { line.removeLast() }
        var words = SSHConfigWords(line)
        words.skipSpace()
        guard let first = words.rest.first, first != UInt8(ascii: "#") else { return nil }
        guard let word = words.next() else { throw SSHConfigError(.syntax, "a quote is not closed", at: place) }
        keyword = word.asciiLowercased
        rest = Array(words.rest)
        guard !rest.isEmpty else { throw SSHConfigError(.syntax, "\(keyword) has no argument", at: place) }
        guard let arguments = SSHConfigLine.split(rest) else {
            throw SSHConfigError(.syntax, "a quote is not closed", at: place)
        }
        self.arguments = arguments
    }

    /// The words of a line, which end at spaces and tabs; both kinds of quotes join words, `\` keeps a quote, a space
    /// or itself, and `#` at the beginning of a word ends the line. Nil if a quote is not closed.
    static func split(_ bytes: [UInt8]) -> [String]? {
        var words: [String] = []
        var word: [UInt8]?
        var quote: UInt8?
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            index += 1
            switch byte {
            case UInt8(ascii: "#") where word == nil:
                return words
            case UInt8(ascii: "\\")
            where next == UInt8(ascii: "'") || next == UInt8(ascii: "\"")
                || next == UInt8(ascii: "\\") || (next == UInt8(ascii: " ") && quote == nil):
                word = (word ?? []) + [next]
                index += 1
            case UInt8(ascii: " ") where quote == nil, UInt8(ascii: "\t") where quote == nil:
                if let ended = word { words.append(String(decoding: ended, as: UTF8.self)) }
                word = nil
            case UInt8(ascii: "'") where quote == nil, UInt8(ascii: "\"") where quote == nil:
                quote = byte
                word = word ?? []
            case _ where byte == quote:
                quote = nil
            default:
                word = (word ?? []) + [byte]
            }
        }
        guard quote == nil else { return nil }
        if let word { words.append(String(decoding: word, as: UTF8.self)) }
        return words
    }
}

/// The older way to take a line apart, which `Match` lines and keywords still have: words end at spaces, at a quoted
/// part, or at one `=`.
struct SSHConfigWords {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func skipSpace() { rest = rest.drop(while: \.isSpace) }

    /// Nil at the end, and if a quote is not closed.
    mutating func next() -> String? {
        guard !rest.isEmpty else { return nil }
        var word = rest.prefix { !$0.isSpace && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") }
        rest = rest[word.endIndex...]
        if rest.first == UInt8(ascii: "\"") {
            let quoted = rest.dropFirst()
            guard let end = quoted.firstIndex(of: UInt8(ascii: "\"")) else {
                rest = []
                return nil
            }
            word += quoted[..<end]
            rest = quoted[(end + 1)...]
            skipSpace()
            return String(decoding: word, as: UTF8.self)
        }
        let isEnded = rest.first == UInt8(ascii: "=")
        rest = rest.dropFirst()
        skipSpace()
        if !isEnded, rest.first == UInt8(ascii: "=") {
            rest = rest.dropFirst()
            skipSpace()
        }
        return String(decoding: word, as: UTF8.self)
    }
}

extension UInt8 {
    var isSpace: Bool {
        self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") || self == UInt8(ascii: "\r")
            || self == UInt8(ascii: "\n")
    }
}
