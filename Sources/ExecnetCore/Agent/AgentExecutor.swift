//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
import DequeModule
package import ExecnetSystem

/// Runs the agent's programs and its link on the same threads, so that an item changes threads only when it has to.
///
/// One thread at a time, the leader, waits for the link. When something comes it takes it in and then itself runs the jobs that
/// this woke: no other thread has to wake up. While it runs them nobody waits for the link. A supervisor looks every few
/// milliseconds; if a job takes longer than that, it lets another thread lead. A program that computes or blocks thus
/// never holds up the link or other programs: each takes one thread while it does, up to a limit, and the last thread only leads.
package final class AgentExecutor: TaskExecutor {
    /// Threads that programs may occupy at once by computing or blocking.
    static let maximumThreads = 256
    /// How long one job may run before another thread takes over the rest.
    private static let patienceMicroseconds: UInt32 = 2_000
    /// Jobs that run between two looks at the link.
    private static let jobsPerTurn = 64
    /// Threads that are kept for later although nothing needs them.
    private static let spareThreads = 2

    fileprivate struct State {
        var jobs = Deque<UnownedJob>()
        var threads = 0
        var running = 0
        var parked = 0
        /// Parked threads that were told to go on and have not done so yet.
        var called = 0
        var isLed = false
        /// Counts the times that somebody looked at the link.
        var turns: UInt64 = 0
        var jobsThisTurn = 0
        var supervisorSleeps = true
    }

    package let poller: Poller
    private let state = Monitor(State())
    private let supervisorCall = Monitor(false)

    package init(poller: Poller) { self.poller = poller }

    /// Starts the first thread and the supervisor.
    package func start() throws(SystemError) {
        state.withLock { $0.threads += 1 }
        try SystemThread.start(name: "execnet-worker") { self.work() }
        try SystemThread.start(name: "execnet-watch") { self.supervise() }
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isWorker = execnet_current_worker() != nil
        let wakeLeader = state.withLock { state in
            state.jobs.append(job)
            // A worker comes back for its own jobs; others have to call the leader away from its wait.
            return !isWorker && state.isLed
        }
        if wakeLeader { poller.wake() }
    }

    // MARK: workers

    fileprivate enum Duty {
        case run(UnownedJob)
        case lead(wait: Bool)
        case leave
    }

    private func work() {
        execnet_set_current_worker(Unmanaged.passUnretained(self).toOpaque())
        while true {
            switch nextDuty() {
            case .run(let job):
                job.runSynchronously(on: asUnownedTaskExecutor())
                state.withLock { $0.running -= 1 }
            case .lead(let wait):
                poller.poll(wait: wait)
                state.withLock {
                    $0.isLed = false
                    $0.turns += 1
                    $0.jobsThisTurn = 0
                }
            case .leave: return
            }
        }
    }

    private func nextDuty() -> Duty {
        var wakeSupervisor = false
        let duty = state.withLock { state -> Duty? in
            if let duty = state.takeDuty(jobsPerTurn: AgentExecutor.jobsPerTurn) {
                if case .run = duty, state.supervisorSleeps {
                    state.supervisorSleeps = false
                    wakeSupervisor = true
                }
                return duty
            }
            guard state.parked < AgentExecutor.spareThreads else {
                state.threads -= 1
                return .leave
            }
            state.parked += 1
            return nil
        }
        if wakeSupervisor {
            supervisorCall.withLock { $0 = true }
            supervisorCall.signal()
        }
        guard let duty else {
            state.wait(until: { $0.called > 0 }) { state in
                state.called -= 1
                state.parked -= 1
            }
            return nextDuty()
        }
        return duty
    }

    // MARK: supervision

    private func supervise() {
        var lastTurn: UInt64 = .max
        while true {
            usleep(AgentExecutor.patienceMicroseconds)
            enum Finding { case quiet, fine, stuck(startThread: Bool) }
            let finding = state.withLock { state -> Finding in
                defer { lastTurn = state.turns }
                guard state.turns == lastTurn else { return .fine }
                if state.isLed, state.jobs.isEmpty {
                    guard state.running == 0 else { return .fine }
                    state.supervisorSleeps = true
                    return .quiet
                }
                guard state.called == 0 else { return .fine }
                if state.parked > 0 {
                    state.called += 1
                    return .stuck(startThread: false)
                }
                guard state.threads < AgentExecutor.maximumThreads else { return .fine }
                state.threads += 1
                return .stuck(startThread: true)
            }
            switch finding {
            case .fine: break
            case .stuck(startThread: false): state.signal()
            case .stuck(startThread: true): startThread()
            case .quiet:
                supervisorCall.wait(until: { $0 }) { $0 = false }
                lastTurn = .max
            }
        }
    }

    private func startThread() {
        do throws(SystemError) {
            try SystemThread.start(name: "execnet-worker") { self.work() }
        } catch {
            state.withLock { $0.threads -= 1 }
        }
    }
}

extension AgentExecutor.State {
    fileprivate mutating func takeDuty(jobsPerTurn: Int) -> AgentExecutor.Duty? {
        // The last thread never runs jobs, so that the link is always looked after.
        let mayRun = running + 1 < AgentExecutor.maximumThreads
        if !isLed, jobs.isEmpty || jobsThisTurn >= jobsPerTurn || !mayRun {
            isLed = true
            return .lead(wait: jobs.isEmpty || !mayRun)
        }
        guard mayRun, let job = jobs.popFirst() else { return nil }
        running += 1
        jobsThisTurn += 1
        return .run(job)
    }
}
