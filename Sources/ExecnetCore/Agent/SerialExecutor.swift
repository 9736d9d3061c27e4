//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import DequeModule
import ExecnetSystem

/// Runs programs of a serial gateway, always on the same thread.
final class SerialExecutor: TaskExecutor {
    private let jobs = Monitor(Deque<UnownedJob>())

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        jobs.signal()
    }

    /// Makes the calling thread the one that runs them.
    func run() -> Never {
        while true {
            let job = jobs.wait(until: { !$0.isEmpty }) { $0.removeFirst() }
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
