//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Testing

@testable import ExecnetSSH

struct PatternListTests {
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
        #expect(PatternList(list, ignoringCase: true).matches(name.utf8) == isMatch)
    }

    /// Whoever tries all ways to share out the text among the stars does not come to an end.
    @Test(.timeLimit(.minutes(1)))
    func manyStarsTakeNoTime() {
        let stars = String(repeating: "a*", count: 1_000) + "b"
        #expect(!PatternList(stars, ignoringCase: true).matches(String(repeating: "a", count: 3_000).utf8))
    }
}
