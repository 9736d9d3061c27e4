//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetSystem
import ExecnetWire
import Synchronization

/// The time before the first frame.
extension Endpoint {
    /// Speaks with the far side first; frames wait until it is done.
    package func begin(with prologue: any Prologue) {
        state.withLock {
            $0.prologue = prologue
            $0.isEarly = true
            $0.isUnsaid = true
            $0.prologueStep = .now
        }
    }

    /// Whether there is no agent yet.
    package var isInPrologue: Bool { state.withLock { $0.prologue != nil } }

    /// When the prologue last came further: the far side said something of use, or took something, or this side was at work.
    package var prologueStep: MonotonicTime { state.withLock { $0.isPrologueWorking ? .now : $0.prologueStep } }

    /// Why there is no agent; nil once it has said hello.
    package func prologueFailure(_ end: PrologueEnd) -> GatewayError? {
        state.withLock { state in
            guard var failure = state.prologue?.failure(end) else { return nil }
            failure.gateway = gatewayID
            return failure
        }
    }

    /// Closes the stream, so that the far side reads its end.
    package func disconnect() { state.withLock { $0.link }?.disconnect() }

    /// Lets the prologue take what is for it; what comes after is for the multiplexer.
    func receivedInPrologue(_ bytes: UnsafeRawBufferPointer) {
        do throws(GatewayError) {
            let used = try state.withLock { state throws(GatewayError) in try state.receiveInPrologue(bytes) }
            doPrologueWork()
            state.withLock { $0.link }?.flush()
            if used < bytes.count { received(UnsafeRawBufferPointer(rebasing: bytes[used...])) }
        } catch {
            prologueFailed(error)
        }
    }

    /// Has the work done that the prologue waits for.
    private func doPrologueWork() {
        let work = state.withLock { state in
            let work = state.change { $0.nextWork() } ?? nil
            if work != nil { state.isPrologueWorking = true }
            return work
        }
        guard let work else { return }
        Task { prologueWorkDone(await work()) }
    }

    private func prologueWorkDone(_ result: any Sendable) {
        do throws(GatewayError) {
            _ = try state.withLock { state throws(GatewayError) in
                state.isPrologueWorking = false
                state.prologueStep = .now
                return try state.change { prologue throws(GatewayError) in try prologue.workDone(result) }
            }
            state.withLock { $0.link }?.flush()
        } catch {
            prologueFailed(error)
        }
    }

    func prologueFailed(_ error: GatewayError) {
        var error = error
        error.gateway = gatewayID
        linkEnded(error)
    }
}

extension Endpoint.State {
    /// Takes in bytes of the time before the first frame; returns how many those are.
    mutating func receiveInPrologue(_ bytes: UnsafeRawBufferPointer) throws(GatewayError) -> Int {
        let before = prologue?.steps
        let used = try change { prologue throws(GatewayError) in try prologue.receive(bytes) } ?? 0
        if prologue?.steps != before { prologueStep = .now }
        return used
    }

    /// What the prologue has to say.
    mutating func prologueOutput(_ failure: inout GatewayError?) -> OutboundBuffer? {
        do throws(GatewayError) {
            let bytes = try change { prologue throws(GatewayError) in try prologue.nextOutput() }
            guard let bytes, let bytes else { return nil }
            return wrapped(bytes)
        } catch {
            failure = error
            return nil
        }
    }

    private mutating func wrapped(_ bytes: WireBytes) -> OutboundBuffer {
        prologueStep = .now
        let buffer = OutboundBuffer(capacity: 16)
        buffer.append(raw: bytes)
        return buffer
    }

    mutating func change<R, Failure: Error>(
        _ body: (inout any Prologue) throws(Failure) -> R
    ) throws(Failure) -> R? {
        guard var prologue else { return nil }
        // Taken out for the time of the call, so that what it keeps is not copied.
        self.prologue = nil
        defer {
            isEarly = !prologue.isDone
            isUnsaid = !prologue.isSaid
            self.prologue = prologue
        }
        return try body(&prologue)
    }
}
