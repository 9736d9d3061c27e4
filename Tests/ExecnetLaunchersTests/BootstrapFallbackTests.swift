//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import ExecnetTestSupport
import Testing

@testable import ExecnetLaunchers

/// What the coordinator does when something over there does not work, and what it says when nothing does.
@Suite(.leavesNothingBehind)
struct BootstrapFallbackTests {
    private let directory = Conversation.directory

    @Test(.timeLimit(.minutes(1)))
    func aLostFileGoesToTheNextDirectory() async throws {
        try await withImages([1]) { images in
            var far = Conversation(images)
            let hash = images[0].id
            _ = try await far.upload(hash)
            // Not this file.
            try await far.hear("lost 0123", "took 0123")
            #expect(try far.lines().isEmpty)
            try await far.hear("lost \(hash) gzip: stdout: No space left on device")
            #expect(try far.lines() == ["drop", "dir #!/bin/sh", "need \(hash)"])
            try await far.hear("dir /tmp/.execnet-0", "need \(hash)")
            #expect(!(try far.output()).isEmpty)
            try await far.hear("lost \(hash) cat: Quota exceeded")
            let error = try await far.failure("nodir", "need \(hash)")
            #expect(error.code == .noWritableDirectory)
            for part in ["\(directory): gzip: stdout: No space left", "/tmp/.execnet-0: cat: Quota exceeded"] {
                #expect(error.message.contains(part))
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func withoutADirectoryThereIsThePythonAgentOrEveryReason() async throws {
        try await withImages([1]) { images in
            let answers = [
                "no absent /none/.execnet-0:", "no unwritable /ro/.execnet-0: mkdir: Read-only file system",
                "no foreign /tmp/.execnet-0:", "no noexec /shm/.execnet-0: Permission denied", "nodir",
                "need \(images[0].id)",
            ]
            var far = Conversation(images)
            try await far.hear(Conversation.bare)
            for answer in answers.dropLast() { try await far.hear(answer) }
            let error = try await far.failure(answers[5])
            #expect(error.code == .noWritableDirectory)
            for part in [
                "/none/.execnet-0: there is no such directory to hold it;",
                "/ro/.execnet-0: it cannot be written (mkdir: Read-only file system);",
                "/tmp/.execnet-0: it is not this user's own;",
                "/shm/.execnet-0: nothing can be executed in it (mounted noexec?) (Permission denied).",
            ] { #expect(error.message.contains(part)) }

            var other = Conversation(images)
            try await other.hear(Conversation.python)
            _ = try other.output()
            for answer in answers { try await other.hear(answer) }
            #expect(
                String(decoding: try other.output().prefix(200), as: UTF8.self).hasPrefix(
                    "drop\nword /usr/bin/python3\n"
                )
            )
            try await other.hear("run")
            #expect(other.report.notes.contains { $0.contains("no directory takes") && $0.contains("/ro/.execnet-0") })
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func imagesAreTriedInOrderThenPython() async throws {
        try await withImages([1], [2]) { images in
            var far = Conversation(images)
            _ = try await far.upload(images[0].id, Conversation.python)
            try await far.hear("took \(images[0].id)", "test 132 Illegal instruction")
            #expect(try far.lines().suffix(2) == ["drop", "need \(images[1].id)"])
            try await far.hear("need \(images[1].id)")
            _ = try far.output()
            try await far.hear("took \(images[1].id)", "test 127 ")
            #expect(
                String(decoding: try far.output().suffix(2_000_000), as: UTF8.self).contains(
                    "drop\nword /usr/bin/python3\n"
                )
            )
            try await far.hear("run")
            #expect(far.report.notes.contains { $0.contains("Illegal instruction") })
            #expect(far.report.notes.contains { $0.contains("status 127") })
        }
    }

    /// A shell that is to run an empty file does so, and succeeds.
    @Test(.timeLimit(.minutes(1)))
    func aTestThatSaysNothingIsNotPassed() async throws {
        try await withImages([1]) { images in
            let hash = images[0].id
            var far = Conversation(images)
            try await far.hear(Conversation.bare)
            try await far.hear("dir \(directory)", "need")
            _ = try far.output()
            try await far.hear("test 0 ")
            // What was in the cache is replaced.
            #expect(try far.lines() == ["drop", "need \(hash)"])
            try await far.hear("need")
            _ = try far.output()
            try await far.hear("took \(hash)")
            #expect(try await far.failure("test 0 ").code == .agentCannotRun)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aFileThatCannotBeKeptLeadsToTheNextDirectory() async throws {
        try await withImages([1]) { images in
            let hash = images[0].id
            var far = Conversation(images)
            _ = try await far.upload(hash)
            try await far.hear("took \(hash)")
            _ = try far.output()
            try await far.hear("lost \(hash) no links here", "test 127 not found")
            #expect(try far.lines() == ["drop", "dir #!/bin/sh", "need \(hash)"])
            let error = try await far.failure("nodir", "need \(hash)")
            #expect(error.message.contains("no links here"))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func imagesForOtherPlatformsAreWorthNoWarning() async throws {
        try await withImages([1]) { images in
            var far = Conversation(images, tried: ["/opt/agent: is built for linux-alpha"])
            _ = try await far.upload(images[0].id)
            try await far.hear("took \(images[0].id)", "test 0 ok", "run")
            #expect(far.report.notes.isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func withoutPythonAllThatWasTriedIsSaid() async throws {
        try await withImages([1]) { images in
            var far = Conversation(images, tried: ["/opt/agent: is built for linux-alpha"])
            _ = try await far.upload(images[0].id)
            let error = try await far.failure("took \(images[0].id)", "test 1 bad \u{1b}[31mvalue")
            #expect(error.code == .agentCannotRun)
            for part in ["linux-alpha", images[0].entry.path, "bad [31mvalue", "Linux \(Platform.current.machine)"] {
                #expect(error.message.contains(part))
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aForeignPlatformGetsItsOwnImagesOrPython() async throws {
        try await withImages([1]) { images in
            var bare = Conversation(images)
            let error = try await bare.failure("probe 7 Linux alpha 64 1 0 ")
            #expect(error.code == .noPython)
            #expect(error.message.contains("Linux alpha"))
            #expect(error.message.contains("no other image"))

            var python = Conversation(images)
            try await python.hear("probe 7 Linux alpha 64 1 0 /opt/my python/python3")
            #expect(
                String(decoding: try python.output().prefix(50), as: UTF8.self).contains(
                    "word %/opt/my\\0040python/python3\n"
                )
            )

            var other = Conversation(images) { plan in
                plan.search = { platform in BootstrapPlan.Images(found: platform.machine == "alpha" ? images : []) }
            }
            try await other.hear("probe 7 Linux alpha 64 1 0 ")
            #expect(try other.lines().last == "need \(images[0].id)")
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aDamagedCacheIsReplacedOnce() async throws {
        try await withImages([1], [2]) { images in
            let hash = images[0].id
            var far = Conversation(images) { $0.trustsCache = false }
            #expect(far.bootstrap.plan.hint == nil)
            try await far.hear(Conversation.python)
            _ = try far.output()
            try await far.hear("dir \(directory)", "need")
            #expect(try far.lines() == ["file \(hash)", "test \(images[0].entry.selfTest) \(hash)"])
            try await far.hear("test 3 it has the checksum 0")
            #expect(try far.lines() == ["drop", "need \(hash)"])
            // It is there, but sent all the same.
            try await far.hear("need")
            #expect(String(decoding: try far.output().prefix(40), as: UTF8.self).hasPrefix("take \(hash) "))
            try await far.hear("took \(hash)")
            #expect(try far.lines().first == "temp \(hash)")
            try await far.hear("test 3 it has the checksum 0")
            #expect(try far.lines() == ["drop", "need \(images[1].id)"])
            // The second one has chances of its own.
            try await far.hear("need")
            try await far.hear("test 3 ")
            #expect(try far.lines().last == "need \(images[1].id)")
        }
    }

    // MARK: ends

    @Test(.timeLimit(.minutes(1)))
    func everyEndHasItsError() async throws {
        try await withImages([1]) { images in
            let hash = images[0].id
            let start = [Conversation.bare]
            let upload = start + ["dir \(directory)", "need \(hash)"]
            let cases: [([String], GatewayError.Code, GatewayError.Code)] = [
                ([], .startFailed, .timedOut),
                (start, .startFailed, .timedOut),
                (upload, .uploadCutShort, .uploadCutShort),
                (upload + ["took \(hash)"], .startFailed, .timedOut),
                (upload + ["took \(hash)", "test 0 ok"], .agentCannotRun, .timedOut),
                (["have \(hash) 1 \(directory)"], .agentCannotRun, .timedOut),
                (["have \(hash) 1 \(directory)", "run"], .agentCannotRun, .timedOut),
            ]
            for (answers, ended, silent) in cases {
                var far = Conversation(images)
                for answer in answers {
                    try await far.hear(answer)
                    _ = try far.output()
                }
                #expect(far.bootstrap.failure(.ended(.exited(1))).code == ended, "\(answers)")
                #expect(far.bootstrap.failure(.ended(nil)).code == ended, "\(answers)")
                #expect(far.bootstrap.failure(.silent(.seconds(1))).code == silent, "\(answers)")
            }
            var python = Conversation([]) { $0.choice = .python(["python3"]) }
            try await python.hear(Conversation.bare)
            #expect(python.bootstrap.failure(.ended(.exited(127))).code == .noPython)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func anUploadThatWasCutSaysHowFarItCame() async throws {
        try await withImages([1]) { images in
            var far = Conversation(images)
            let said = try await far.upload(images[0].id)
            let size = said.count - Int(try #require(said.firstIndex(of: 10))) - 1
            try far.hear(bytes: Array("disk on fire\n".utf8))
            let error = far.bootstrap.failure(.ended(.signalled(9)))
            #expect(error.message.contains("\(size) of \(size) bytes"))
            #expect(error.message.contains("disk on fire"))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aDirectoryOrFileThatFailsAtTheEndIsSaid() async throws {
        try await withImages([1]) { images in
            var far = Conversation(images)
            let error = try await far.failure("have \(images[0].id) 1 \(directory)", "nocd No such file or directory")
            #expect(error.code == .startFailed)
            #expect(error.message.contains("No such file"))
            var other = Conversation(images)
            #expect(try await other.failure("have \(images[0].id) 1 \(directory)", "lost x").code == .startFailed)
        }
    }
}
