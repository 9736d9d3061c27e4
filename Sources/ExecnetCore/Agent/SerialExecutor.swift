//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import DequeModule
import Dispatch
import ExecnetSystem

/// Runs programs of a serial gateway, always on the same thread: the main one.
final class SerialExecutor: TaskExecutor {
    private struct State {
        var jobs = Deque<UnownedJob>()
        var usesMainQueue = false
    }

    private let state = Monitor(State())

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { state in
            if state.usesMainQueue { runOnMainQueue(job) } else { state.jobs.append(job) }
        }
        state.signal()
    }

    /// Makes the calling thread, which is the main one, the one that runs them. Nothing serves the main actor then.
    func run() -> Never {
        while true {
            let job = state.wait(until: { !$0.jobs.isEmpty }) { $0.jobs.removeFirst() }
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    /// Has them run where the main actor does.
    func useMainQueue() {
        state.withLock { state in
            state.usesMainQueue = true
            while let job = state.jobs.popFirst() { runOnMainQueue(job) }
        }
    }

    /// Called under the lock, so that no job overtakes another.
    private func runOnMainQueue(_ job: UnownedJob) {
        DispatchQueue.main.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
