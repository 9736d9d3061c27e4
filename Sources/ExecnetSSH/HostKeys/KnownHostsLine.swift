//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// One line of a known_hosts file that says something: `[@marker] names type key [comment]`.
struct KnownHostsLine: Sendable, Hashable {
    enum Marker: String, Sendable {
        /// The key must never be accepted.
        case revoked = "@revoked"
        /// The key signs the keys of hosts and is not a host's own.
        case authority = "@cert-authority"
    }

    enum Names: Sendable, Hashable {
        case patterns(PatternList)
        case hashed(HashedHostName)
    }

    /// What is wrong with a line that cannot be used.
    enum Problem: String, Error, Sendable {
        case tooLong = "it is too long"
        case zeroByte = "it has a zero byte"
        case marker = "its marker is none that there is"
        case hash = "its hashed name is damaged"
        case incomplete = "a part is missing"
        case encoding = "its key is not base64"
        case key = "its key is damaged"
        case type = "its key is of another type than it says"
    }

    let marker: Marker?
    let names: Names
    let key: HostKey
    let comment: String

    /// Reads a line without its newline; nil if it is empty or a comment.
    init?(_ line: ArraySlice<UInt8>) throws(Problem) {
        var words = Words(rest: line)
        guard var word = words.next(), word.first != UInt8(ascii: "#") else { return nil }
        guard !line.contains(0) else { throw .zeroByte }
        if word.first == UInt8(ascii: "@") {
            guard let marker = Marker(rawValue: String(decoding: word, as: UTF8.self)) else { throw .marker }
            self.marker = marker
            guard let next = words.next() else { throw .incomplete }
            // Which of two would hold nobody could say.
            guard next.first != UInt8(ascii: "@") else { throw .marker }
            word = next
        } else {
            marker = nil
        }
        names = try KnownHostsLine.names(word)
        guard let type = words.next(), let encoded = words.next() else { throw .incomplete }
        key = try KnownHostsLine.key(type, encoded)
        comment = String(decoding: words.remainder, as: UTF8.self)
    }

    /// Whether it speaks of a host, spelled as ``HostName`` does it.
    func matches(_ name: [UInt8]) -> Bool {
        switch names {
        case .patterns(let pattern): pattern.matches(name)
        case .hashed(let hashed): hashed.matches(name)
        }
    }

    private static func names(_ word: ArraySlice<UInt8>) throws(Problem) -> Names {
        guard word.first == UInt8(ascii: "|") else { return .patterns(PatternList(word, ignoringCase: true)) }
        guard let hashed = HashedHostName(word) else { throw .hash }
        return .hashed(hashed)
    }

    private static func key(_ type: ArraySlice<UInt8>, _ encoded: ArraySlice<UInt8>) throws(Problem) -> HostKey {
        guard let blob = Base64.decode(encoded) else { throw .encoding }
        guard let key = try? HostKey(blob: blob) else { throw .key }
        guard key.type.utf8.elementsEqual(type) else { throw .type }
        return key
    }

    /// What spaces and tabs separate.
    private struct Words {
        var rest: ArraySlice<UInt8>

        private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

        mutating func next() -> ArraySlice<UInt8>? {
            rest = rest.drop(while: Words.isSpace)
            let word = rest.prefix { !Words.isSpace($0) }
            rest = rest.dropFirst(word.count)
            return word.isEmpty ? nil : word
        }

        var remainder: ArraySlice<UInt8> { rest.drop(while: Words.isSpace) }
    }
}
