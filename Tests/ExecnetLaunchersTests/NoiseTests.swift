//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import Testing

@testable import ExecnetLaunchers

/// What the far side prints that is none of ours: kept for errors, in bounds.
struct NoiseTests {
    private func noise(_ lines: String...) -> Noise {
        var noise = Noise()
        for line in lines { noise.add(Array(line.utf8)) }
        return noise
    }

    @Test func blankLinesAreNothing() {
        #expect(noise("", "  ", "\r", "\t").isEmpty)
        #expect(noise("", " ").quote.isEmpty)
    }

    @Test func fewLinesAreQuotedAsTheyAre() {
        #expect(noise("Welcome", "", "to ü").quote == " It printed:\n  Welcome\n  to ü")
    }

    @Test func ofManyLinesTheFirstAndTheLastStay() {
        var noise = Noise()
        for number in 0..<100_000 { noise.add(Array("line \(number)".utf8)) }
        let lines = noise.quote.split(separator: "\n")
        #expect(lines.count == 14)
        #expect(lines[1] == "  line 0")
        #expect(lines[2] == "  ... (99988 more lines)")
        #expect(lines.last == "  line 99999")
    }

    @Test func whatATerminalWouldObeyIsLeftOut() {
        #expect(noise("\u{1b}[2J\u{7}red\tand\u{0}\u{9b}more").quote == " It printed:\n  [2Jred andmore")
        var noise = Noise()
        noise.add([0xff, 0x41, 0x80, 0x42])
        #expect(noise.quote == " It printed:\n  \u{fffd}A\u{fffd}B")
    }

    @Test func longLinesAreCut() {
        #expect(noise(String(repeating: "x", count: 100_000)).quote.utf8.count < 500)
    }

    /// Some megabytes make clear that no shell is there.
    @Test(.timeLimit(.minutes(1)))
    func tooMuchOfItIsAnError() throws {
        var far = Conversation([])
        let line = Array((String(repeating: "y", count: 65_000) + "\n").utf8)
        var count = 0
        do {
            while count < 1_000 {
                try far.hear(bytes: line)
                count += 1
            }
            Issue.record("no error")
        } catch let error as GatewayError {
            #expect(error.code == .noiseWithoutAnswer)
            #expect(error.message.contains("yyy"))
        }
        #expect(count == Noise.limit / line.count)
    }

    @Test func itIsQuotedInErrors() throws {
        var far = Conversation([])
        try far.hear(bytes: Array("This account is currently not available.\n".utf8))
        let error = far.bootstrap.failure(.ended(.exited(1)))
        #expect(error.code == .noiseWithoutAnswer)
        #expect(error.message.contains("not available"))
        #expect(far.bootstrap.failure(.silent(.seconds(2))).code == .noiseWithoutAnswer)
    }
}
