//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetTestSupport
import Testing

@testable import ExecnetLaunchers

/// A far side that says anything it likes does no more harm than to itself.
@Suite(.leavesNothingBehind)
struct BootstrapHostilityTests {
    /// Plays any answers in any order, and takes all that is said to it.
    @Test(.timeLimit(.minutes(2)))
    func answersInAnyOrderAreNeverMoreThanAnError() async throws {
        try await withImages([1], [2]) { images in
            let hashes = images.map(\.id)
            let words = [
                "have", "probe", "no", "dir", "nodir", "need", "took", "lost", "test", "run", "nocd", "got", "", " ",
                "0", "-1", "99999999999999999999", "/tmp", "x", ":", "\u{0}", "Linux", Conversation.nonce,
            ]
            let good = [
                Conversation.bare, Conversation.python, "dir /c", "need \(hashes[0])", "need \(hashes[1])", "need",
                "took \(hashes[0])", "took \(hashes[1])", "lost \(hashes[0]) x", "test 0 ok", "test 1 x", "nodir",
                "run",
                "have \(hashes[0]) 1 /c", "probe 1 Linux alpha 64 0 0 ",
            ]
            let seed = UInt64.random(in: 0 ... .max)
            var generator = SplitMix(state: seed)
            for _ in 0..<3_000 {
                var far = Conversation(images)
                do {
                    for _ in 0..<40 {
                        var line = good.randomElement(using: &generator) ?? ""
                        if Bool.random(using: &generator) {
                            line = (0..<Int.random(in: 0...6, using: &generator))
                                .map { _ in (words + hashes).randomElement(using: &generator) ?? "" }.joined(
                                    separator: " "
                                )
                        }
                        try await far.hear(line)
                        _ = try far.output()
                    }
                } catch is GatewayError {
                } catch {
                    Issue.record("seed \(seed): \(error)")
                }
                _ = far.bootstrap.failure(.ended(nil))
                _ = far.bootstrap.failure(.silent(.seconds(1)))
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func randomBytesAreNoise() async throws {
        for _ in 0..<200 {
            var far = Conversation([])
            let bytes = (0..<5_000).map { _ in UInt8.random(in: 0...255) }
            #expect(try far.hear(bytes: bytes) == bytes.count)
            #expect(try far.output().isEmpty)
            #expect(far.bootstrap.steps == 0)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func filesThatWereNotOfferedAreNotSent() async throws {
        try await withImages([1]) { images in
            var far = Conversation(images)
            try await far.hear(Conversation.bare)
            _ = try far.output()
            let many = (0..<500).map { "\($0)" }.joined(separator: " ")
            try await far.hear("dir /c", "need ../../etc/passwd \(images[0].id) \(images[0].id) \(many)")
            #expect(String(decoding: try far.output().prefix(40), as: UTF8.self).hasPrefix("take \(images[0].id) "))
            try await far.hear("took \(images[0].id)")
            #expect(try far.lines().last?.hasPrefix("test ") == true)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func endlessAnswersEnd() async throws {
        var far = Conversation([])
        let error = try await far.failure(
            Conversation.bare.replacing("Linux", with: "Minix").replacing("7", with: "7\n"),
            "have"
        )
        #expect(error.code == .startFailed)
        var other = Conversation([]) { $0.choice = .python(["python3"]) }
        var last: GatewayError?
        for _ in 0..<200 where last == nil {
            do { try await other.hear("no absent /x:") } catch { last = error as? GatewayError }
        }
        #expect(last?.code == .startFailed)
    }
}
