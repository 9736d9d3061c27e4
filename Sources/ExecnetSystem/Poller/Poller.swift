//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
import HeapModule
import Synchronization

/// Waits for descriptors, timers and posted work, and calls their handlers on whatever thread polls.
///
/// One thread polls at a time; every other function may be called from any thread. Handlers must not block.
package final class Poller: Sendable {
    package typealias Handler = @Sendable () -> Void

    fileprivate struct Registration {
        var generation: UInt32
        var handler: Handler
    }

    fileprivate struct Timer: Comparable {
        var deadline: MonotonicTime
        var number: UInt64
        static func < (left: Timer, right: Timer) -> Bool {
            (left.deadline, left.number) < (right.deadline, right.number)
        }
    }

    fileprivate struct State {
        var registrations: [Int32: Registration] = [:]
        var generation: UInt32 = 0
        var timers = Heap<Timer>()
        var timerActions: [UInt64: Handler] = [:]
        var lastTimer: UInt64 = 0
        var posted: [Handler] = []
        /// When the queue's timer is set to go off.
        var alarm: MonotonicTime?
        /// Set while the polling thread waits, cleared by the first who wakes it.
        var sleeps = false
        /// Set by a wake, so that one that comes just before the wait is not lost.
        var isWoken = false
    }

    private let queue: EventQueue
    private let state = Mutex(State())
    private let spin: BriefSpin?
    /// After something was passed on the answer comes later, and whoever makes it may need this processor; so it has a record of its own.
    private let spinAfterRelay: BriefSpin?
    private let hasRelayed = Atomic(false)

    /// - Parameter spins: whether the polling thread looks again for a moment before it sleeps.
    package init(spins: Bool = false) throws(SystemError) {
        queue = try EventQueue()
        spin = spins ? BriefSpin() : nil
        spinAfterRelay = spins ? BriefSpin() : nil
    }

    // MARK: descriptors

    /// Calls `handler` whenever the descriptor can be read or has ended (and written, if asked), until removed.
    package func add(
        _ descriptor: Int32,
        read: Bool = true,
        write: Bool = false,
        handler: @escaping Handler
    ) throws(SystemError) {
        try register(descriptor, handler: handler) { tag throws(SystemError) in
            try queue.add(descriptor, tag: tag, read: read, write: write)
        }
    }

    /// Calls `handler` once the other side of a socket has gone or has said that it sends no more, and from then on until removed.
    /// What there is to read is left for others.
    package func addHangUp(_ descriptor: Int32, handler: @escaping Handler) throws(SystemError) {
        try register(descriptor, handler: handler) { tag throws(SystemError) in
            try queue.addHangUp(descriptor, tag: tag)
        }
    }

    private func register(
        _ descriptor: Int32,
        handler: @escaping Handler,
        with queueing: (UInt32) throws(SystemError) -> Void
    ) throws(SystemError) {
        let generation = state.withLock { state in
            state.generation &+= 1
            state.registrations[descriptor] = Registration(generation: state.generation, handler: handler)
            return state.generation
        }
        do {
            try queueing(generation)
        } catch {
            state.withLock { _ = $0.registrations.removeValue(forKey: descriptor) }
            throw error
        }
    }

    /// Changes what a registered descriptor is watched for.
    package func watch(_ descriptor: Int32, read: Bool, write: Bool) {
        guard let generation = state.withLock({ $0.registrations[descriptor]?.generation }) else { return }
        queue.change(descriptor, tag: generation, read: read, write: write)
    }

    /// Forgets a descriptor; must come before it is closed.
    package func remove(_ descriptor: Int32) {
        let removed = state.withLock { $0.registrations.removeValue(forKey: descriptor) }
        if removed != nil { queue.remove(descriptor) }
    }

    // MARK: posted work and timers

    /// Runs `action` on the polling thread, soon.
    package func post(_ action: @escaping Handler) {
        let wake = state.withLock { state in
            state.posted.append(action)
            return state.shouldWake()
        }
        if wake { queue.wake() }
    }

    /// Makes the polling thread return from its wait, or not begin the next one.
    package func wake() {
        let wake = state.withLock { state in
            state.isWoken = true
            return state.shouldWake()
        }
        if wake { queue.wake() }
    }

    /// Takes note that what came now was passed on to another process, whose turn it is.
    package func noteRelay() { hasRelayed.store(true, ordering: .relaxed) }

    /// Runs `action` on the polling thread after a delay; the number cancels it.
    @discardableResult
    package func schedule(after delay: Duration, _ action: @escaping Handler) -> UInt64 {
        let deadline = MonotonicTime.now + delay
        return state.withLock { state in
            state.lastTimer += 1
            state.timers.insert(Timer(deadline: deadline, number: state.lastTimer))
            state.timerActions[state.lastTimer] = action
            state.setAlarm(of: queue)
            return state.lastTimer
        }
    }

    package func cancel(_ timer: UInt64) {
        state.withLock { state in
            state.timerActions.removeValue(forKey: timer)
            // Cancelled timers at the top are dropped here, so that a heap of them cannot grow.
            while let next = state.timers.min, state.timerActions[next.number] == nil { state.timers.removeMin() }
            if state.timers.count > 64, state.timers.count > 4 * state.timerActions.count {
                let live = state.timers.unordered.filter { state.timerActions[$0.number] != nil }
                state.timers = Heap(live)
            }
        }
    }

    // MARK: one turn

    /// Waits (unless told not to) for something to happen and calls the handlers for it.
    package func poll(wait: Bool = true) {
        let posted = state.withLock { $0.takePosted() }
        for action in posted { action() }
        // What the actions have caused (jobs of the polling thread's own executor) must not wait for the next event.
        let waits = wait && posted.isEmpty && state.withLock { $0.prepareToSleep() }
        var ready: [EventQueue.Ready] = []
        if !waits || !spinForEvents(into: &ready) { _ = queue.collect(wait: waits, into: &ready) }
        state.withLock { $0.sleeps = false }
        for event in ready {
            let handler = state.withLock { state -> Handler? in
                guard let registration = state.registrations[event.descriptor], registration.generation == event.tag
                else { return nil }
                return registration.handler
            }
            handler?()
        }
        for action in state.withLock({ $0.takeDue(from: queue) }) { action() }
    }
}

extension Poller {
    private func spinForEvents(into ready: inout [EventQueue.Ready]) -> Bool {
        let relayed = hasRelayed.load(ordering: .relaxed)
        if relayed { hasRelayed.store(false, ordering: .relaxed) }
        return (relayed ? spinAfterRelay : spin)?.until { queue.collect(wait: false, into: &ready) ? true : nil }
            ?? false
    }
}

extension Poller.State {
    /// Whether the poller sleeps and nobody has woken it yet.
    fileprivate mutating func shouldWake() -> Bool {
        defer { sleeps = false }
        return sleeps
    }

    /// False: there is something to do first.
    fileprivate mutating func prepareToSleep() -> Bool {
        sleeps = posted.isEmpty && !isWoken
        isWoken = false
        return sleeps
    }

    /// Sets the queue's timer to the first deadline, unless it goes off before that anyway.
    fileprivate mutating func setAlarm(of queue: EventQueue) {
        guard let first = timers.min?.deadline, first < alarm ?? MonotonicTime(nanoseconds: .max) else { return }
        alarm = first
        queue.setTimer(first)
    }

    fileprivate mutating func takePosted() -> [Poller.Handler] {
        guard !posted.isEmpty else { return [] }
        defer { posted = [] }
        return posted
    }

    fileprivate mutating func takeDue(from queue: EventQueue) -> [Poller.Handler] {
        var due = takePosted()
        guard let alarm else { return due }
        let now = MonotonicTime.now
        guard alarm <= now else { return due }
        self.alarm = nil
        while let next = timers.min, next.deadline <= now {
            timers.removeMin()
            if let action = timerActions.removeValue(forKey: next.number) { due.append(action) }
        }
        setAlarm(of: queue)
        return due
    }
}
