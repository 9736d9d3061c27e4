//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
import ExecnetSystem
import ExecnetWire
package import Logging
import Synchronization

/// What an endpoint asks of the side that it belongs to: the coordinator's gateway or the agent.
package protocol EndpointDelegate: AnyObject, Sendable {
    /// An event that the multiplexer does not handle itself. Called in the order of arrival, on the thread that reads; must not block.
    func handle(_ event: Effects.Event, from endpoint: Endpoint)
    /// The link has ended. The delegate decides how, and calls ``Endpoint/finish(_:)``.
    func linkEnded(_ error: GatewayError, of endpoint: Endpoint)
}

/// One side of a link: the multiplexer behind its lock, and everybody who waits for it.
package final class Endpoint: Sendable {
    struct State {
        var multiplexer: Multiplexer
        var link: (any Link)?
        weak var delegate: (any EndpointDelegate)?
        /// Set while some thread writes: its bytes must be out before the next may follow.
        var isWriting = false
        /// When a flush was asked for that is not done yet.
        var flushRequested: MonotonicTime?
        /// Cleared by a write on a sender's thread, set when the peer is heard: see ``flushDecision``.
        var heardSinceWrite = true
        var lastWrite = MonotonicTime.distantPast
        /// Whether the peer was heard since the last heartbeat.
        var heardSinceBeat = false
        var effects = Effects()
        /// The largest item that the peer takes, as its hello says.
        var peerItemLimit = LinkLimits().itemSize
        /// Speaks before frames do; kept until the agent's hello.
        var prologue: (any Prologue)?
        /// Whether the prologue still has to hear something, and to say something.
        var isEarly = false
        var isUnsaid = false
        var prologueStep = MonotonicTime.distantPast
        /// Whether the prologue waits for work of this side.
        var isPrologueWorking = false
    }

    package let role: LinkRole
    /// The gateway's id, for errors and logs.
    package let gatewayID: String
    /// Where programs and subscribers run; nil is Swift's own pool.
    let programExecutor: (any TaskExecutor)?
    let logger: Logger
    let state: Mutex<State>

    package init(
        role: LinkRole,
        gatewayID: String,
        limits: LinkLimits,
        logger: Logger,
        programExecutor: (any TaskExecutor)? = nil,
        firstNumber: UInt64? = nil
    ) {
        self.role = role
        self.gatewayID = gatewayID
        self.programExecutor = programExecutor
        var logger = logger
        logger[metadataKey: "gateway"] = "\(gatewayID)"
        self.logger = logger
        state = Mutex(State(multiplexer: Multiplexer(role: role, limits: limits, firstNumber: firstNumber)))
    }

    package func start(link: any Link, delegate: any EndpointDelegate) {
        state.withLock {
            $0.link = link
            $0.delegate = delegate
        }
    }

    // MARK: the link's side

    /// Takes in bytes that have been read. Called by one thread at a time.
    package func received(_ bytes: UnsafeRawBufferPointer) {
        var violation: WireError?
        var isEarly = false
        var (effects, delegate) = state.withLock { state -> (Effects, (any EndpointDelegate)?) in
            var effects = Effects()
            isEarly = state.isEarly
            guard !isEarly else { return (effects, nil) }
            swap(&effects, &state.effects)
            state.heardSinceWrite = true
            state.heardSinceBeat = true
            do throws(WireError) {
                try state.multiplexer.receive(bytes, &effects)
            } catch {
                violation = error
            }
            return (effects, state.delegate)
        }
        if isEarly { return receivedInPrologue(bytes) }
        if !effects.passed.isEmpty { passOn(&effects) }
        resume(&effects.wake)
        for event in effects.events { delegate?.handle(event, from: self) }
        if effects.hasOutput { state.withLock { $0.link }?.flush() }
        effects.removeAll()
        state.withLock { $0.effects = effects }
        if let violation { refuse(violation) }
    }

    /// The link cannot be read any more.
    package func linkEnded(_ error: GatewayError) {
        guard let delegate = state.withLock({ $0.delegate }) else { return finish(error) }
        delegate.linkEnded(error, of: self)
    }

    /// Hands out what is to be written next, and makes the caller the one who writes. Nil: nothing to do, or another thread does it.
    package func takeOutput() -> OutboundBuffer? {
        var wake = Wakeups()
        var failure: GatewayError?
        let output = state.withLock { state -> OutboundBuffer? in
            state.flushRequested = nil
            guard !state.isWriting else { return nil }
            let output =
                state.isUnsaid ? state.prologueOutput(&failure) : state.multiplexer.takeOutput(&wake)
            if output != nil { state.isWriting = true }
            return output
        }
        resume(&wake)
        if let failure { prologueFailed(failure) }
        return output
    }

    /// What was handed out has been written; hands out what came meanwhile.
    package func outputWritten() -> OutboundBuffer? {
        state.withLock { $0.isWriting = false }
        return takeOutput()
    }

    /// The peer broke the protocol: say so, and end the link.
    private func refuse(_ error: WireError) {
        sendGoodbye(code: "protocol", message: error.message)
        linkEnded(GatewayError(.protocolViolation, "The link was closed: \(error.message)", gateway: gatewayID))
    }

    package func sendGoodbye(code: String, message: String) {
        let payload = try? Wire.encode(["code": .string(code), "message": .string(message)] as Value)
        if let payload { sendControl(.goodbye, payload) }
        let link = state.withLock { $0.link }
        if link?.writesOnReadersThread == false {
            // Another thread may be in the middle of a write. It is done in a moment, unless the peer does not read; the link ends after this.
            for _ in 0..<50 where state.withLock({ $0.isWriting }) { usleep(200) }
        }
        link?.flush()
    }

    /// Ends everything: each channel, and whoever waits.
    package func finish(_ error: GatewayError) {
        var wake = Wakeups()
        let link = state.withLock { state -> (any Link)? in
            state.multiplexer.finish(error, &wake)
            return state.link.take()
        }
        link?.disconnect()
        for timer in wake.waiters.compactMap(\.timer) { link?.cancel(timer) }
        resume(&wake)
    }

    // MARK: common steps

    /// Why the link ended, once it has.
    package var end: GatewayError? { state.withLock { $0.multiplexer.end } }
    /// Since when something waits to be written that no sender has written itself.
    var flushRequested: MonotonicTime? { state.withLock { $0.flushRequested } }
    package var channelCount: Int { state.withLock { $0.multiplexer.channelCount } }

    /// Changes the multiplexer under the lock, then has what it left written.
    @discardableResult
    package func perform<R: Sendable>(
        _ body: (inout Multiplexer) throws(ChannelError) -> R
    ) throws(ChannelError) -> R {
        let (result, flush) = state.withLock { state in
            let result = Result { () throws(ChannelError) in try body(&state.multiplexer) }
            return (result, state.flushDecision())
        }
        carryOut(flush)
        return try result.get()
    }

    enum Flush {
        case none
        case now(any Link)
        case soon(any Link)
    }

    func carryOut(_ flush: Flush) {
        switch flush {
        case .none: break
        case .now(let link): link.flush()
        case .soon(let link): link.flushSoon()
        }
    }

    /// Resumes those that were woken; never under the lock.
    func resume(_ wake: inout Wakeups) {
        for waiter in wake.waiters { resume(waiter, .changed) }
        wake.removeAll()
    }

    func resume(_ waiter: Waiter, _ reason: WakeReason) {
        if let timer = waiter.timer { state.withLock { $0.link }?.cancel(timer) }
        if let continuation = waiter.continuation { return continuation.resume(returning: reason) }
        waiter.action?()
    }
}

extension Endpoint.State {
    /// Messages that are sent closer together than this are written together.
    private static let companionDelay = Duration.microseconds(20)
    /// So many bytes are not kept waiting for more.
    private static let fullWrite = 8_192

    /// A lone message is written at once by its sender, which costs no change of threads. One that follows closely waits for company: until
    /// there is enough for a write, the sender has to wait for something, or the link's own thread comes by a moment later.
    /// What threads of the agent's executor send is written when the one that drives them looks at the link again.
    mutating func flushDecision() -> Endpoint.Flush {
        guard multiplexer.hasOutput, !isWriting else { return .none }
        let isFull = multiplexer.bufferedOutput >= Endpoint.State.fullWrite
        if flushRequested != nil, !isFull { return .none }
        guard let link else { return .none }
        let now = MonotonicTime.now
        if execnet_current_worker() == nil {
            if isFull || heardSinceWrite || lastWrite.until(now) >= Endpoint.State.companionDelay {
                heardSinceWrite = false
                lastWrite = now
                return .now(link)
            }
        }
        guard flushRequested == nil else { return .none }
        flushRequested = now
        return .soon(link)
    }

    /// For a sender that is about to wait.
    mutating func flushBeforeWait() -> Endpoint.Flush {
        guard execnet_current_worker() == nil else { return flushDecision() }
        guard multiplexer.hasOutput, !isWriting, let link else { return .none }
        return .now(link)
    }
}
