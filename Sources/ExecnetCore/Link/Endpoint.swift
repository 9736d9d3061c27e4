//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
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
        /// Set from the request for a flush until it is done.
        var flushRequested = false
        /// Cleared by a write on a sender's thread, set when the peer is heard: see ``flushDecision``.
        var heardSinceWrite = true
        /// Whether the peer was heard since the last heartbeat.
        var heardSinceBeat = false
        var effects = Effects()
        /// The largest item that the peer takes, as its hello says.
        var peerItemLimit = LinkLimits().itemSize
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
        var (effects, delegate) = state.withLock { state -> (Effects, (any EndpointDelegate)?) in
            var effects = Effects()
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
        resume(&effects.wake)
        for event in effects.events { delegate?.handle(event, from: self) }
        if effects.hasOutput { flushFromReader() }
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
        let output = state.withLock { state -> OutboundBuffer? in
            state.flushRequested = false
            guard !state.isWriting, let output = state.multiplexer.takeOutput(&wake) else { return nil }
            state.isWriting = true
            return output
        }
        resume(&wake)
        return output
    }

    /// What was handed out has been written; hands out what came meanwhile.
    package func outputWritten() -> OutboundBuffer? {
        state.withLock { $0.isWriting = false }
        return takeOutput()
    }

    private func flushFromReader() {
        let link = state.withLock { state -> (any Link)? in
            guard !state.isWriting, !state.flushRequested else { return nil }
            state.flushRequested = true
            return state.link
        }
        link?.flushSoon()
    }

    /// The peer broke the protocol: say so, and end the link.
    private func refuse(_ error: WireError) {
        sendGoodbye(code: "protocol", message: error.message)
        linkEnded(GatewayError(.protocolViolation, "The link was closed: \(error.message)", gateway: gatewayID))
    }

    package func sendGoodbye(code: String, message: String) {
        let payload = try? Wire.encode(["code": .string(code), "message": .string(message)] as Value)
        if let payload { sendControl(.goodbye, payload) }
        state.withLock { $0.link }?.flush()
    }

    /// Ends everything: each channel, and whoever waits.
    package func finish(_ error: GatewayError) {
        var wake = Wakeups()
        let link = state.withLock { state -> (any Link)? in
            state.multiplexer.finish(error, &wake)
            return state.link.take()
        }
        link?.disconnect()
        resume(&wake)
    }

    // MARK: common steps

    /// Why the link ended, once it has.
    package var end: GatewayError? { state.withLock { $0.multiplexer.end } }
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
        waiter.continuation?.resume(returning: reason)
    }
}

extension Endpoint.State {
    /// A lone message is written by its sender, which costs no change of threads; but a sender that keeps sending without hearing from the
    /// peer leaves the writing to the link's thread, which then takes many messages at a time. Threads of the agent's executor
    /// write at the end of their turn anyway.
    mutating func flushDecision() -> Endpoint.Flush {
        guard multiplexer.hasOutput, !isWriting else { return .none }
        let isLong = multiplexer.bufferedOutput >= Multiplexer.outboundTarget / 2
        if flushRequested, !isLong { return .none }
        guard let link else { return .none }
        if heardSinceWrite || isLong, execnet_current_worker() == nil {
            heardSinceWrite = false
            return .now(link)
        }
        guard !flushRequested else { return .none }
        flushRequested = true
        return .soon(link)
    }
}
