//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import Synchronization
package import Testing

/// Checks around each test that it leaves nothing behind: no thread, no descriptor, no process, no temporary file.
///
/// Tests that run at the same time are checked together, when the last of them ends.
package struct LeakCheck: SuiteTrait, TestTrait, TestScoping {
    package var isRecursive: Bool { true }

    @concurrent
    package func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        LeakCheck.enter()
        let result: Result<Void, any Error>
        do { result = .success(try await function()) } catch { result = .failure(error) }
        for line in await LeakCheck.leave() {
            Issue.record("left behind: \(line)", sourceLocation: test.sourceLocation)
        }
        try result.get()
    }

    private struct State {
        var running = 0
        var before: ProcessResources?
    }

    private static let state = Mutex(State())

    private static func enter() {
        TestRun.prepare()
        state.withLock { state in
            if state.running == 0 { state.before = ProcessResources() }
            state.running += 1
        }
    }

    /// What is left behind, once it has had time to go: a thread ends, and a process is forgotten, a moment after it said that it would.
    private static func leave() async -> [String] {
        let before = state.withLock { state in
            state.running -= 1
            return state.running == 0 ? state.before : nil
        }
        guard let before else { return [] }
        return await leftBehind(since: before) { state.withLock { $0.running == 0 } }
    }

    /// What is there that was not there before and does not go within a few seconds.
    package static func leftBehind(
        since before: ProcessResources,
        within limit: Duration = .seconds(5),
        while applies: () -> Bool = { true }
    ) async -> [String] {
        let start = MonotonicTime.now
        while applies() {
            let added = ProcessResources().added(since: before)
            if added.isEmpty || start.until(.now) > limit { return applies() ? added : [] }
            await Task.yield()
        }
        return []
    }
}

extension Trait where Self == LeakCheck {
    /// Each test of the suite is checked to leave nothing behind.
    package static var leavesNothingBehind: LeakCheck { LeakCheck() }
}
