//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What is shown while an agent is sent to where none is.
@Suite(.timeLimit(.minutes(3)), .leavesNothingBehind) struct ProgressTests {
    @Test func onATerminalAnUploadIsShown() async throws {
        let cache = try EmptyCache()
        defer { cache.remove() }
        var (outside, inside): (Int32, Int32) = (-1, -1)
        try #require(openpty(&outside, &inside, nil, nil, nil) == 0)
        let (terminal, side) = (Descriptor(owning: outside), Descriptor(owning: inside))
        // Or the program would hold the end that is read here, and its agent the other one.
        for end in [outside, inside] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let run = try CommandRun(
            ["exec", "command=env", "--shell", "true"],
            environment: cache.environment,
            errors: side
        )
        let reader = try DescriptorReader(terminal, poller: PollerThread.shared())
        async let result = run.result()
        var shown: [UInt8] = []
        while let bytes = await reader.next() { shown += bytes }
        let lines = String(decoding: shown, as: UTF8.self).split(separator: "\r")
        #expect(lines.contains("planting agent: 100 %\u{1B}[K"), "\(lines)")
        // The line is taken away.
        #expect(lines.last == "\u{1B}[K", "\(lines)")
        #expect(await result == CommandRun.Result())
    }

    @Test func elsewhereNothingIs() async throws {
        let cache = try EmptyCache()
        defer { cache.remove() }
        let run = try CommandRun(["exec", "command=env", "--shell", "true"], environment: cache.environment)
        #expect(await run.result() == CommandRun.Result())
    }
}

/// A place in which no agent is yet.
private struct EmptyCache {
    let path = "\(TestRun.temporaryFolder)/\(UInt64.random(in: 0 ... .max))"

    init() throws { try #require(mkdir(path, 0o700) == 0) }

    var environment: [String: String] { ["XDG_CACHE_HOME": path] }

    func remove() { removeTree(path) }
}
