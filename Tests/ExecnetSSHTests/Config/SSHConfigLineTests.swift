//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Testing

@testable import ExecnetSSH

struct SSHConfigLineTests {
    private let place = SSHConfigPlace(file: "f", line: 3)

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("User joe", "user", ["joe"]),
            ("  Port\t=  22 ", "port", ["22"]),
            ("Port=22", "port", ["22"]),
            ("Port==22", "port", ["=22"]),
            ("Host a  b\t c # d e", "host", ["a", "b", "c"]),
            ("Host a#b \"# c\"", "host", ["a#b", "# c"]),
            ("X \"a b\"'c d'e \"\"", "x", ["a bc de", ""]),
            (#"X a\ b "c\"d" 'e\'f' g\\h i\j "k\ l""#, "x", ["a b", "c\"d", "e'f", "g\\h", "i\\j", "k\\ l"]),
            ("X a\r\u{c}", "x", ["a"]),
            ("X a\0b", "x", ["a"]),
        ]
    )
    func words(_ text: String, keyword: String, arguments: [String]) throws {
        let line = try #require(try SSHConfigLine(text.utf8, at: place))
        #expect(line.keyword == keyword && line.arguments == arguments)
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["", "  ", "\t\r", "# x", "   # x \"", "\0User joe"])
    func nothing(_ text: String) throws {
        #expect(try SSHConfigLine(text.utf8, at: place) == nil)
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["User", "User =", "User \"joe", "User 'joe\"", "\"User joe"])
    func mistakesNameTheLine(_ text: String) {
        let error = #expect(throws: SSHConfigError.self) { try SSHConfigLine(text.utf8, at: place) }
        #expect(error?.code == .syntax && error?.place == place)
        #expect(error?.description.utf8.starts(with: "f:3: ".utf8) == true)
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("0", 0), ("90", 90), ("10m", 600), ("1h30m", 5_400), ("1W2D3H4M5S", 788_645), ("1m1", 61),
            ("2147483647", 2_147_483_647), ("2147483648", nil), ("99999999999999999999", nil), ("9999999w", nil),
            ("", nil), ("m", nil), ("5x", nil), ("-1", nil), ("1.5h", nil),
        ] as [(String, Int?)]
    )
    func times(_ text: String, seconds: Int?) {
        #expect(SSHOptionValue.seconds(text) == seconds)
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("", "", true), ("a", "", false), ("", "*", true), ("", "?", false), ("abc", "a*c", true),
            ("abc", "a?c", true),
            ("abc", "a?", false), ("aXbXc", "*X*c", true), ("aaab", "*ab", true), ("aaa", "*ab", false),
            ("abc", "***", true), ("ABC", "abc", false),
        ]
    )
    func patterns(_ text: String, _ pattern: String, isMatch: Bool) {
        #expect(PatternList.matches(Array(text.utf8), Array(pattern.utf8)) == isMatch)
    }

    @Test(.timeLimit(.minutes(1))) func listsOfPatterns() {
        #expect(PatternList("a,b*", ignoringCase: false).verdict(on: "bc".utf8) == .matched)
        #expect(PatternList("*,!b", ignoringCase: false).verdict(on: "b".utf8) == .excluded)
        #expect(PatternList("!b", ignoringCase: false).verdict(on: "a".utf8) == .none)
        #expect(PatternList("A*", ignoringCase: true).verdict(on: "abC".utf8) == .matched)
        #expect(PatternList("A*", ignoringCase: false).verdict(on: "abC".utf8) == .none)
        #expect(PatternList("", ignoringCase: false).verdict(on: "a".utf8) == .none)
    }

    @Test(.timeLimit(.minutes(1))) func manyStarsTakeNoExponentialTime() {
        let text = Array(repeating: UInt8(ascii: "a"), count: 20_000)
        let pattern = Array(String(repeating: "*a", count: 500).utf8) + [UInt8(ascii: "b")]
        #expect(!PatternList.matches(text, pattern))
    }
}
