//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import Synchronization

/// Something that happens once, and that many may wait for.
final class Signal: Sendable {
    private struct State {
        var isSet = false
        var lastWaiter = 0
        var waiters: [Int: CheckedContinuation<Bool, Never>] = [:]
    }

    private let state = Mutex(State())

    func set() {
        let waiters = state.withLock { state in
            state.isSet = true
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume(returning: true) }
    }

    /// Waits; throws `timeoutError` when it takes too long, `CancellationError` when cancelled.
    func wait(timeout: Duration, poller: Poller, timeoutError: () -> GatewayError) async throws {
        let isSet = await isSet(within: timeout, poller: poller)
        try Task.checkCancellation()
        if !isSet { throw timeoutError() }
    }

    /// Waits until it is set (true), the time is over or the task is cancelled (false).
    func isSet(within timeout: Duration, poller: Poller) async -> Bool {
        let number = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        let timer = poller.schedule(after: timeout) { self.giveUp(number) }
        defer { poller.cancel(timer) }
        let deadline = MonotonicTime.now + timeout
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Bool? in
                    if state.isSet { return true }
                    if Task.isCancelled || MonotonicTime.now >= deadline { return false }
                    state.waiters[number] = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            giveUp(number)
        }
    }

    /// The same, but waits even in a cancelled task.
    func isSetInAnyCase(within timeout: Duration, poller: Poller) async -> Bool {
        await Task { await isSet(within: timeout, poller: poller) }.value
    }

    private func giveUp(_ number: Int) {
        state.withLock { $0.waiters.removeValue(forKey: number) }?.resume(returning: false)
    }
}

extension LaunchedProcess {
    /// Whether the process ends within this time; waits even in a cancelled task.
    func hasEnded(within timeout: Duration, poller: Poller) async -> Bool {
        let signal = Signal()
        whenGone { signal.set() }
        return await signal.isSetInAnyCase(within: timeout, poller: poller)
    }
}
