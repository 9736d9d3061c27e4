//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
import ExecnetSystem
import ExecnetWire
import Synchronization

extension Endpoint.State {
    /// The peer ends the link over a message that is too large, so it is not even begun.
    fileprivate func checkSize(of payload: WireBytes, _ type: FrameType, _ gatewayID: String) throws(ChannelError) {
        let limit = type == .open ? LinkLimits.programSize : peerItemLimit
        guard payload.count > limit else { return }
        let advice = type == .open ? "Send large arguments as items instead." : "Send it in parts."
        throw ChannelError(
            .itemTooLarge,
            "The message has \(payload.count) bytes; the other side takes \(limit). \(advice)",
            gateway: gatewayID
        )
    }
}

/// Which of a channel's changes somebody waits for.
package enum WaitKind: Sendable {
    /// An item, or the end of items.
    case item
    /// A binding.
    case binding
    /// The far side's end or close.
    case end
}

/// Waiting for a channel to change, with cancellation and timeouts; and sending, which may have to wait.
extension Endpoint {
    /// How often a waiting task reads for others before it gives its thread back.
    private static let maximumReads = 64

    /// Repeats `attempt` under the lock until it answers, and waits in between.
    ///
    /// What has come is returned even to a task that was cancelled meanwhile, so cancellation loses nothing.
    func wait<R: Sendable>(
        for kind: WaitKind,
        on core: ChannelCore,
        timeout: Duration?,
        attempt: (inout Multiplexer) throws -> R?
    ) async throws -> R {
        let deadline = timeout.map { MonotonicTime.now + $0 }
        // The agent's own threads read between two jobs; any other may read here and now.
        if timeout != .zero, execnet_current_worker() == nil {
            var rounds = 0
            repeat {
                if let result = try performThrowing(attempt) { return result }
                rounds += 1
            } while rounds < Endpoint.maximumReads && !Task.isCancelled
                && (deadline.map { .now < $0 } ?? true) && receiveInPlace()
        }
        while true {
            var found: Result<R?, any Error> = .success(nil)
            let reason = await suspend(for: kind, on: core, until: deadline) { multiplexer in
                found = Result { try attempt(&multiplexer) }
                if case .success(nil) = found { return false }
                return true
            }
            if let result = try found.get() { return result }
            if let result = try performThrowing(attempt) { return result }
            switch reason {
            case .changed: break
            case .cancelled: throw CancellationError()
            case .timedOut: throw timeoutError(kind, timeout)
            }
        }
    }

    private func timeoutError(_ kind: WaitKind, _ timeout: Duration?) -> ChannelError {
        let what =
            switch kind {
            case .item: "No item came"
            case .binding: "The name was not bound"
            case .end: "The channel was not closed"
            }
        return ChannelError(.timedOut, "\(what) within \(timeout ?? .zero).", gateway: gatewayID)
    }

    /// Suspends until woken, cancelled or past the deadline; not at all if `isReady`, which looks under the lock once more.
    private func suspend(
        for kind: WaitKind,
        on core: ChannelCore,
        until deadline: MonotonicTime?,
        unless isReady: (inout Multiplexer) -> Bool
    ) async -> WakeReason {
        let waiter = Waiter()
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                var flush = Flush.none
                let reason = state.withLock { state -> WakeReason? in
                    defer { flush = state.flushBeforeWait() }
                    if isReady(&state.multiplexer) { return .changed }
                    if Task.isCancelled { return .cancelled }
                    if let deadline {
                        let left = MonotonicTime.now.until(deadline)
                        if left == .zero { return .timedOut }
                        waiter.timer = state.link?.schedule(after: left) { [self] in
                            withdraw(waiter, from: kind, of: core, .timedOut)
                        }
                    }
                    waiter.continuation = continuation
                    core.state.addWaiter(waiter, for: kind)
                    return nil
                }
                carryOut(flush)
                if let reason { continuation.resume(returning: reason) }
            }
        } onCancel: {
            withdraw(waiter, from: kind, of: core, .cancelled)
        }
    }

    private func withdraw(_ waiter: Waiter, from kind: WaitKind, of core: ChannelCore, _ reason: WakeReason) {
        let removed = state.withLock { _ in core.state.removeWaiter(waiter, for: kind) }
        if removed { resume(waiter, reason) }
    }

    private func receiveInPlace() -> Bool {
        guard let link = state.withLock({ $0.link }) else { return false }
        return link.receiveInPlace()
    }

    private func performThrowing<R: Sendable>(_ body: (inout Multiplexer) throws -> R) throws -> R {
        let (result, flush) = state.withLock { state in
            let result = Result { try body(&state.multiplexer) }
            return (result, state.flushDecision())
        }
        carryOut(flush)
        return try result.get()
    }

    // MARK: sending

    /// Sends a message, and returns once all of it has been passed on to the link.
    func send(_ type: FrameType, _ payload: WireBytes, on core: ChannelCore, timeout: Duration? = nil) async throws {
        if try sendAtOnce(type, payload, on: core) { return }
        try await sendQueued(type, payload, on: core, timeout: timeout)
    }

    /// Passes a message on if nothing stands before it. False: it has to wait for its turn.
    func sendAtOnce(_ type: FrameType, _ payload: WireBytes, on core: ChannelCore) throws -> Bool {
        let (outcome, flush) = state.withLock { state in
            let outcome = Result { () throws(ChannelError) in
                try core.state.checkSend()
                try state.checkSize(of: payload, type, gatewayID)
                return state.multiplexer.sendAtOnce(type, payload, on: core)
            }
            return (outcome, state.flushDecision())
        }
        carryOut(flush)
        switch outcome {
        case .success(let done): return done
        case .failure(let error): throw explained(error, core)
        }
    }

    /// Waits for a message's turn and for room on the other side.
    ///
    /// A task that is cancelled while it waits takes an unsent item back: the other side never sees it. Bindings already hold on this
    /// side, so they stay queued.
    func sendQueued(
        _ type: FrameType,
        _ payload: WireBytes,
        on core: ChannelCore,
        timeout: Duration?
    ) async throws {
        let waiter = Waiter()
        let reason = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let (reason, flush) = state.withLock { state -> (WakeReason?, Flush) in
                    if Task.isCancelled, type == .item { return (.cancelled, .none) }
                    guard (try? core.state.checkSend()) != nil else { return (.changed, .none) }
                    waiter.continuation = continuation
                    if let timeout {
                        waiter.timer = state.link?.schedule(after: timeout) { [self] in
                            abandon(waiter, of: type, on: core, .timedOut)
                        }
                    }
                    state.multiplexer.enqueue(OutgoingMessage(type: type, payload: payload, waiter: waiter), on: core)
                    return (nil, state.flushBeforeWait())
                }
                carryOut(flush)
                if let reason { continuation.resume(returning: reason) }
            }
        } onCancel: {
            abandon(waiter, of: type, on: core, .cancelled)
        }
        switch reason {
        case .changed where waiter.isDone: break
        case .changed:
            do throws(ChannelError) {
                try state.withLock { _ throws(ChannelError) in try core.state.checkSend() }
            } catch {
                throw explained(error, core)
            }
        case .cancelled: throw CancellationError()
        case .timedOut:
            throw ChannelError(
                .timedOut,
                "The item could not be sent within \(timeout ?? .zero): the other side does not take items.",
                gateway: gatewayID
            )
        }
    }

    /// A channel that is closed because the gateway ended fails with the gateway's own error, which says how.
    private func explained(_ error: ChannelError, _ core: ChannelCore) -> any Error {
        guard error.code == .closed, case .lost(let loss)? = state.withLock({ _ in core.state.end }) else {
            return error
        }
        return loss
    }

    private func abandon(_ waiter: Waiter, of type: FrameType, on core: ChannelCore, _ reason: WakeReason) {
        guard type == .item else { return }
        let (abandoned, flush) = state.withLock { state in
            (state.multiplexer.abandon(waiter, of: type, on: core), state.flushDecision())
        }
        carryOut(flush)
        if abandoned { resume(waiter, reason) }
    }
}
