//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A comma-separated list of patterns with `*` and `?`, of which those after `!` exclude.
struct PatternList: Sendable, Hashable {
    enum Verdict: Sendable {
        case matched
        case excluded
        case none
    }

    private struct Pattern: Sendable, Hashable {
        var isNegated: Bool
        var text: [UInt8]
    }

    private let patterns: [Pattern]
    private let ignoresCase: Bool

    init(_ text: String, ignoringCase ignoresCase: Bool) {
        self.init(text.utf8, ignoringCase: ignoresCase)
    }

    init(_ text: some Collection<UInt8>, ignoringCase ignoresCase: Bool) {
        self.ignoresCase = ignoresCase
        let text = ignoresCase ? text.map(\.lowercased) : Array(text)
        patterns = text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { pattern in
            let isNegated = pattern.first == UInt8(ascii: "!")
            return Pattern(isNegated: isNegated, text: Array(isNegated ? pattern.dropFirst() : pattern))
        }
    }

    /// An excluding pattern wins over all others, and never matches by itself.
    func verdict(on text: some Collection<UInt8>) -> Verdict {
        let text = ignoresCase ? text.map(\.lowercased) : Array(text)
        var verdict = Verdict.none
        for pattern in patterns where PatternList.matches(text, pattern.text) {
            if pattern.isNegated { return .excluded }
            verdict = .matched
        }
        return verdict
    }

    /// Whether some pattern matches, and none that excludes.
    func matches(_ text: some Collection<UInt8>) -> Bool { verdict(on: text) == .matched }

    /// Whether one pattern, without list and negation, matches the whole text. Takes time in their product at worst.
    static func matches(_ text: [UInt8], _ pattern: [UInt8]) -> Bool {
        var position = 0
        var next = 0
        var lastStar: (pattern: Int, text: Int)?
        while position < text.count {
            if next < pattern.count, pattern[next] == UInt8(ascii: "*") {
                lastStar = (next, position)
                next += 1
            } else if next < pattern.count, pattern[next] == UInt8(ascii: "?") || pattern[next] == text[position] {
                next += 1
                position += 1
            } else if let star = lastStar {
                // What did not match goes to the last star, with one byte more than before.
                lastStar = (star.pattern, star.text + 1)
                next = star.pattern + 1
                position = star.text + 1
            } else {
                return false
            }
        }
        return pattern[next...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

extension UInt8 {
    /// The letter as a small one if it is one of ASCII, as the C locale has it.
    var lowercased: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
}

extension String {
    /// Only letters of ASCII are changed.
    var asciiLowercased: String { String(decoding: utf8.map(\.lowercased), as: UTF8.self) }

    /// What stands between commas, empty parts too.
    var commaSeparated: [String] {
        utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { String($0) ?? "" }
    }
}
