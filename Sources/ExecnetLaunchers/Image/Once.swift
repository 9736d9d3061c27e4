//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import Synchronization

/// A value that takes long to make: it is made once, on a thread of its own, however many tasks ask for it.
///
/// A failure goes to those who wait for it; who asks later begins anew.
final class Once<Value: Sendable>: Sendable {
    typealias Outcome = Result<Value, GatewayError>

    private struct State {
        var value: Value?
        var isWorking = false
        var lastWaiter = 0
        var waiters: [Int: CheckedContinuation<Outcome?, Never>] = [:]
    }

    private let state = Mutex(State())

    /// The value if it has been made.
    var known: Value? { state.withLock { $0.value } }

    /// - Throws: what `make` failed with; `CancellationError` when the task is cancelled, while the work goes on for the others.
    func value(_ make: @escaping @Sendable () -> Outcome) async throws -> Value {
        if let known { return known }
        let number = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { wait($0, number, make) }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume(returning: nil)
        }
        guard let outcome else { throw CancellationError() }
        return try outcome.get()
    }

    private func wait(
        _ continuation: CheckedContinuation<Outcome?, Never>,
        _ number: Int,
        _ make: @escaping @Sendable () -> Outcome
    ) {
        let (answer, begins) = state.withLock { state -> (Outcome??, Bool) in
            if let value = state.value { return (.some(.success(value)), false) }
            if Task.isCancelled { return (.some(nil), false) }
            state.waiters[number] = continuation
            defer { state.isWorking = true }
            return (nil, !state.isWorking)
        }
        if let answer { return continuation.resume(returning: answer) }
        guard begins else { return }
        do throws(SystemError) {
            try SystemThread.start(name: "execnet-image") { self.finish(make()) }
        } catch {
            finish(.failure(GatewayError(.noAgentImage, "The agent's executable could not be read.", cause: error)))
        }
    }

    private func finish(_ outcome: Outcome) {
        let waiters = state.withLock { state in
            state.value = try? outcome.get()
            state.isWorking = false
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume(returning: outcome) }
    }
}
