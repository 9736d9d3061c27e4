//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

/// The check around every test notices what it is there to notice.
@Suite(.serialized, .leavesNothingBehind)
struct LeakCheckTests {
    @Test(.timeLimit(.minutes(1)))
    func aThreadIsNoticed() async throws {
        try await expectNoticed("thread execnet-lost") {
            let pipe = try DescriptorPair.pipe()
            let before = ProcessResources()
            try SystemThread.start(name: "execnet-lost") {
                withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { _ = pipe.first.read(into: $0) }
            }
            return (before, { pipe.second.close() })
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aDescriptorIsNoticed() async throws {
        try await expectNoticed("pipe:") {
            let before = ProcessResources()
            let pipe = try DescriptorPair.pipe()
            return (before, { for end in [pipe.first, pipe.second] { end.close() } })
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aProcessIsNoticed() async throws {
        try await expectNoticed("sleep") {
            let before = ProcessResources()
            let child = try startShell("exec sleep 1000")
            return (before, { child.signal(SIGKILL) })
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aProcessThatLeftItsParentIsNoticed() async throws {
        let pipe = try DescriptorPair.pipe()
        try await expectNoticed("sleep") {
            let before = ProcessResources()
            let child = try startShell("setsid sh -c 'echo $$; exec sleep 1000' & wait", output: pipe.second)
            pipe.second.close()
            let reader = try DescriptorReader(pipe.first, poller: PollerThread.shared())
            let text = String(decoding: try #require(await reader.next()), as: UTF8.self)
            let pid = try #require(Int(text.dropLast()))
            child.signal(SIGKILL)
            while child.exitStatus == nil { await Task.yield() }
            return (before, { killProcess(pid) })
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aTemporaryFileIsNoticed() async throws {
        try await expectNoticed("file lost") {
            let before = ProcessResources()
            let path = TestRun.temporaryFolder + "/lost"
            Descriptor(owning: open(path, O_CREAT | O_WRONLY, 0o600)).close()
            return (before, { unlink(path) })
        }
    }

    /// Leaves something behind, expects that it is noticed, and takes it away again.
    private func expectNoticed(
        _ text: String,
        sourceLocation: SourceLocation = #_sourceLocation,
        leaving: () async throws -> (ProcessResources, takeAway: () -> Void)
    ) async throws {
        let (before, takeAway) = try await leaving()
        // A thread has its name, and a process its program, a moment after it was started.
        let start = MonotonicTime.now
        var found: [String] = []
        while !found.contains(where: { $0.contains(text) }), start.until(.now) < .seconds(10) {
            found = await LeakCheck.leftBehind(since: before, within: .zero)
        }
        #expect(found.contains { $0.contains(text) }, "\(found)", sourceLocation: sourceLocation)
        takeAway()
        #expect(await LeakCheck.leftBehind(since: before) == [], sourceLocation: sourceLocation)
    }

    private func startShell(_ script: String, output: Descriptor? = nil) throws -> ChildProcess {
        try ProcessPlan(executable: "/bin/sh", arguments: ["sh", "-c", script]).startForTest(output: output)
    }
}
