//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
import DequeModule
package import ExecnetSystem
import Synchronization

/// Runs the agent's programs and its link on the same threads, so that an item changes threads only when it has to.
///
/// One thread, the driver, waits for the link. When something comes it takes it in and then itself runs the jobs that this woke:
/// no other thread has to wake up. A supervisor looks every few milliseconds; if the driver has not come further, because a
/// program computes or blocks, another thread becomes the driver. Such a program thus never holds up the link or other
/// programs: each takes one thread while it does, up to a limit, and the last thread only waits for the link.
package final class AgentExecutor: TaskExecutor {
    /// Threads that programs may occupy at once by computing or blocking.
    static let maximumThreads = 256
    /// How long one job may run before another thread takes over the rest.
    private static let patienceMicroseconds: UInt32 = 2_000
    /// Jobs that run between two looks at the link.
    fileprivate static let jobsPerTurn = 64
    /// Threads that are kept for later although nothing needs them.
    fileprivate static let spareThreads = 2

    fileprivate struct State {
        var jobs = Deque<UnownedJob>()
        var threads = 0
        var running = 0
        var parked = 0
        /// Parked threads that were told to go on and have not done so yet.
        var called = 0
        /// The thread that drives; nil while the role is to be taken.
        var driver: UInt64?
        /// Whether the driver looks at the link, rather than runs a job.
        var isPolling = false
        /// Counts what threads have finished.
        var progress: UInt64 = 0
        /// Counts the supervisor's looks.
        var ticks: UInt64 = 0
        var jobsThisTurn = 0
        var supervisorSleeps = true
    }

    package let poller: Poller
    private let state = Monitor(State())
    private let supervisorCall = Monitor(false)
    private let lastThread = Atomic<UInt64>(0)

    package init(poller: Poller) { self.poller = poller }

    /// Starts the first thread and the supervisor.
    package func start() throws(SystemError) {
        state.withLock { $0.threads += 1 }
        try SystemThread.start(name: "execnet-worker") { self.work() }
        try SystemThread.start(name: "execnet-watch") { self.supervise() }
    }

    package func enqueue(_ job: consuming ExecutorJob) { add(UnownedJob(job)) }

    private func add(_ job: UnownedJob) {
        let thread = execnet_current_worker().map { UInt64(UInt(bitPattern: $0)) }
        let wakeDriver = state.withLock { state in
            state.jobs.append(job)
            // The driver comes back for its own jobs; any other thread has to call it away from its wait.
            return state.isPolling && state.driver != thread
        }
        if wakeDriver { poller.wake() }
    }

    /// Has tasks that prefer no executor run here too.
    ///
    /// libdispatch, which runs them otherwise, looks its threads up in /proc, and ends the process if there is none. It
    /// still runs what comes after a sleep: Swift 6.3 lets nobody take that over.
    func takeOverGlobalTasks() {
        globalTasks.withLock { $0 = self }
        execnet_take_over_global_tasks { job in
            // The runtime hands over the reference to the job, which is all that an UnownedJob consists of; it has no initializer for one.
            globalTasks.withLock { $0 }?.add(unsafeBitCast(job, to: UnownedJob.self))
        }
    }

    // MARK: workers

    fileprivate enum Duty {
        case run(UnownedJob)
        case poll(wait: Bool)
        case park
        case leave
    }

    /// What a thread remembers from one duty to the next.
    fileprivate struct Worker {
        let id: UInt64
        var last: Duty?
        /// When the last job began.
        var tick: UInt64 = 0
    }

    private func work() {
        var worker = Worker(id: lastThread.add(1, ordering: .relaxed).newValue)
        execnet_set_current_worker(UnsafeMutableRawPointer(bitPattern: UInt(worker.id)))
        while true {
            let (duty, wakeSupervisor) = state.withLock { state in
                let duty = state.nextDuty(for: &worker)
                guard case .run = duty, state.supervisorSleeps else { return (duty, false) }
                state.supervisorSleeps = false
                return (duty, true)
            }
            if wakeSupervisor {
                supervisorCall.withLock { $0 = true }
                supervisorCall.signal()
            }
            switch duty {
            case .run(let job): job.runSynchronously(on: asUnownedTaskExecutor())
            case .poll(let wait): poller.poll(wait: wait)
            case .park:
                state.wait(until: { $0.called > 0 }) { state in
                    state.called -= 1
                    state.parked -= 1
                }
            case .leave: return
            }
            worker.last = duty
        }
    }

    // MARK: supervision

    fileprivate enum Finding { case quiet, fine, asleep, stuck(startThread: Bool) }

    private func supervise() {
        var lastProgress: UInt64 = .max
        while true {
            usleep(AgentExecutor.patienceMicroseconds)
            switch state.withLock({ $0.look(lastProgress: &lastProgress) }) {
            case .fine: break
            case .asleep: poller.wake()
            case .stuck(startThread: false): state.signal()
            case .stuck(startThread: true): startThread()
            case .quiet:
                supervisorCall.wait(until: { $0 }) { $0 = false }
                lastProgress = .max
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
    fileprivate mutating func nextDuty(for worker: inout AgentExecutor.Worker) -> AgentExecutor.Duty {
        let wasLong = endDuty(of: worker)
        if driver == nil { driver = worker.id }
        // The last thread never runs jobs, so that the link is always looked after.
        let mayRun = running + 1 < AgentExecutor.maximumThreads
        if driver == worker.id {
            guard !jobs.isEmpty, jobsThisTurn < AgentExecutor.jobsPerTurn, mayRun else {
                isPolling = true
                return .poll(wait: jobs.isEmpty || !mayRun)
            }
            jobsThisTurn += 1
        } else if !wasLong || jobs.isEmpty || !mayRun {
            return rest()
        }
        running += 1
        worker.tick = ticks
        return .run(jobs.removeFirst())
    }

    /// True after a job that took so long that this thread lost the drive: where there is one there may be more, and they should run side
    /// by side. After a short job a thread that does not drive would only be in the driver's way.
    private mutating func endDuty(of worker: AgentExecutor.Worker) -> Bool {
        progress &+= 1
        switch worker.last {
        case .run:
            running -= 1
            return worker.tick != ticks
        case .poll:
            isPolling = false
            jobsThisTurn = 0
            return false
        case .park, .leave, nil: return false
        }
    }

    private mutating func rest() -> AgentExecutor.Duty {
        guard parked < AgentExecutor.spareThreads else {
            threads -= 1
            return .leave
        }
        parked += 1
        return .park
    }

    /// The supervisor's look: whether the driver has come further since the last one.
    fileprivate mutating func look(lastProgress: inout UInt64) -> AgentExecutor.Finding {
        ticks &+= 1
        defer { lastProgress = progress }
        guard progress == lastProgress else { return .fine }
        if isPolling {
            // There may be room for jobs again that there was none for when it went to sleep.
            if !jobs.isEmpty { return running + 1 < AgentExecutor.maximumThreads ? .asleep : .fine }
            guard running == 0 else { return .fine }
            supervisorSleeps = true
            return .quiet
        }
        guard called == 0 else { return .fine }
        driver = nil
        if parked > 0 {
            called += 1
            return .stuck(startThread: false)
        }
        guard threads < AgentExecutor.maximumThreads else { return .fine }
        threads += 1
        return .stuck(startThread: true)
    }
}

/// The executor of all tasks that prefer none, where libdispatch cannot be it.
private let globalTasks = Mutex<AgentExecutor?>(nil)
