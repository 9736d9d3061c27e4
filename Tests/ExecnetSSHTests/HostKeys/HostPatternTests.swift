//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetTestSupport
import Testing

@testable import ExecnetSSH

struct HostPatternTests {
    @Test(arguments: [
        ("a", "a", true), ("a", "b", false), ("a", "ab", false), ("ab", "a", false), ("", "a", false),
        ("A.Example", "a.eXAMPLE", true), ("*", "anything", true), ("*", "", true), ("?", "", false), ("?", "a", true),
        ("a*c", "abbbc", true), ("a*c", "ac", true), ("a*c", "acd", false), ("*.b.*", "x.b.b.y", true),
        ("a**", "a", true), ("a,b", "b", true), ("a,,b", "b", true), (",", "a", false),
        ("*,!b", "b", false), ("!b,*", "b", false), ("*,!b", "c", true), ("!b", "c", false), ("!*,a", "a", false),
        ("*.x,!dev.*", "dev.x", false), ("[h]:22", "h", false), ("[h]:2222", "[h]:2222", true),
        ("[*]:2222", "[h]:2222", true), ("h*", "[h]:2222", false), ("[h]:*", "[h]:1", true), ("[ab]", "a", false),
        ("::1", "::1", true), ("[::1]:2", "[::1]:2", true),
    ])
    func listsMatch(list: String, name: String, isMatch: Bool) {
        #expect(HostPattern(list: list.utf8).matches(name) == isMatch)
    }

    @Test func wordsOfAConfigurationHeedTheCaseAndHaveNoCommas() {
        #expect(HostPattern(words: ["a", "b*"]).matches("bc"))
        #expect(!HostPattern(words: ["*", "!b*"]).matches("bc"))
        #expect(!HostPattern(words: ["Foo"]).matches("foo"))
        #expect(HostPattern(words: ["Foo"], ignoresCase: true).matches("fOO"))
        #expect(!HostPattern(words: ["a,b"]).matches("a"))
    }

    /// Whoever tries all ways to share out the text among the stars does not come to an end.
    @Test(.timeLimit(.minutes(1)))
    func manyStarsTakeNoTime() {
        let stars = String(repeating: "a*", count: 1_000) + "b"
        #expect(!HostPattern(list: stars.utf8).matches(String(repeating: "a", count: 3_000)))
    }

    @Test(.timeLimit(.minutes(1)))
    func wordsMatchAsInOpenSSH() async throws {
        try await withTemporaryFolder { folder in
            var random = SplitMix(state: 7)
            for _ in 0..<40 {
                let words = (0...Int.random(in: 0...2, using: &random)).map { _ in glob("abAB*?", &random) }
                let name = glob("abAB", &random).filter { $0 != "!" }
                try writeFile("Host \(words.joined(separator: " "))\n  User found\n", to: "\(folder)/config")
                let (said, status) = try run(["ssh", "-G", "-F", "\(folder)/config", "--", name])
                try #require(status == 0, "\(said)")
                let isFound = said.split(separator: "\n").contains("user found")
                #expect(HostPattern(words: words).matches(name) == isFound, "\(words) \(name)")
            }
        }
    }

    private func glob(_ letters: String, _ random: inout SplitMix) -> String {
        let letters = Array(letters)
        let mark = Int.random(in: 0..<4, using: &random) == 0 ? "!" : ""
        return mark
            + String(
                (0...Int.random(in: 0...3, using: &random)).compactMap { _ in letters.randomElement(using: &random) }
            )
    }
}
