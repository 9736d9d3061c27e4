//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
package import ExecnetSystem
import ExecnetWire
import Synchronization

/// A link that travels in a channel of another gateway, the hop: its bytes are the channel's items.
///
/// What the inner endpoint wants to write goes to the outer one as far as the channel has credit; the rest stays where it is, so that inner
/// channels go on sharing what there is. What comes is passed on by the thread that reads the outer link.
package final class ChannelLink: Link {
    private let channel: Channel
    private let outer: Endpoint
    private let endpoint: Endpoint
    private let poller: Poller
    private let isFlushScheduled = Atomic(false)

    /// - Parameters:
    ///   - channel: of the outer gateway; both sides of it send byte strings only.
    ///   - poller: the one that serves the outer link.
    ///   - endpoint: the inner one.
    package init(_ channel: Channel, poller: Poller, endpoint: Endpoint) {
        self.channel = channel
        outer = channel.endpoint
        self.poller = poller
        self.endpoint = endpoint
    }

    /// Begins to read.
    package func start() { outer.attach(self, to: channel.core) }

    package func disconnect() { channel.close(with: nil) }

    package func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> UInt64 {
        poller.schedule(after: delay, action)
    }

    package func cancel(_ timer: UInt64) { poller.cancel(timer) }

    package func receiveInPlace() -> Bool {
        flush()
        return outer.receiveInPlaceFromAfar()
    }

    package func receiveInPlaceFromAfar() -> Bool { receiveInPlace() }

    // MARK: writing

    /// What waits for room on the outer link waits for whoever reads there.
    package var writesOnReadersThread: Bool { true }

    package func flushSoon() {
        if execnet_current_worker() != nil { return poller.post { self.flush() } }
        guard !isFlushScheduled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        poller.schedule(after: DescriptorLink.flushDelay) {
            _ = self.isFlushScheduled.exchange(false, ordering: .acquiringAndReleasing)
            self.flush()
        }
    }

    package func flush() {
        guard let first = endpoint.takeOutput() else { return }
        forwardAll(first)
        outer.flushLink()
    }

    private func forwardAll(_ first: OutboundBuffer) {
        var next: OutboundBuffer? = first
        while let buffer = next {
            var sent = outer.forward(buffer, from: 0, on: channel.core)
            if sent < buffer.count {
                // The outer link is full, or the channel has no credit.
                outer.flushLink()
                sent = outer.forward(buffer, from: sent, on: channel.core)
            }
            guard sent == buffer.count else { return wait(for: buffer, from: sent) }
            next = endpoint.outputWritten()
        }
    }

    /// Has the rest of the buffer sent when there is room; goes on then.
    private func wait(for buffer: OutboundBuffer, from start: Int) {
        let waiter = Waiter { [weak self] in
            guard let self, let next = endpoint.outputWritten() else { return }
            forwardAll(next)
        }
        outer.enqueue(buffer, from: start, on: channel.core, waiter)
    }
}

// MARK: reading

extension ChannelLink: ChannelSink {
    package func received(_ item: UnsafeRawBufferPointer, cost: Int) -> Int {
        if let bytes = ByteString.content(of: item) {
            endpoint.received(bytes)
        } else {
            end(
                GatewayError(
                    .protocolViolation,
                    "\(hop) sent an item that is no byte string.",
                    gateway: endpoint.gatewayID
                )
            )
        }
        return cost
    }

    /// As the end of a socket: nothing more comes.
    package func receivedEnd() {
        end(GatewayError(.connectionLost, "The connection through \(hop) was closed.", gateway: endpoint.gatewayID))
    }

    package func closed(_ end: ChannelEnd) {
        switch end {
        case .finished: receivedEnd()
        case .failed(let error):
            let code: GatewayError.Code = error.kind == .refused ? .launchFailed : .connectionLost
            let what = error.kind == .refused ? "refused" : "ended"
            self.end(
                GatewayError(
                    code,
                    "The connection through \(hop) was \(what): \(error.message)",
                    gateway: endpoint.gatewayID,
                    cause: error
                )
            )
        case .lost(let loss):
            self.end(
                GatewayError(
                    .connectionLost,
                    "\(hop), through which this gateway is reached, has ended: \(loss.message)",
                    gateway: endpoint.gatewayID,
                    cause: loss
                )
            )
        }
    }

    private func end(_ error: GatewayError) { endpoint.linkEnded(error) }

    private var hop: String { "gateway \"\(channel.gatewayID)\"" }
}

// MARK: the outer endpoint

extension Endpoint {
    fileprivate func receiveInPlaceFromAfar() -> Bool {
        state.withLock { $0.link }?.receiveInPlaceFromAfar() ?? false
    }

    /// Writes what waits, unless another thread does.
    func flushLink() { state.withLock { $0.link }?.flush() }

    /// Sends a part of another link's buffer in items, as far as it goes now. Returns up to where.
    fileprivate func forward(_ buffer: OutboundBuffer, from start: Int, on core: ChannelCore) -> Int {
        state.withLock { state in
            // To a channel that is over everything goes: nobody is there to miss it.
            guard (try? core.state.checkSend()) != nil else { return buffer.count }
            var position = start
            while position < buffer.count {
                let end = min(position + ByteString.maximumFramed, buffer.count)
                guard state.multiplexer.sendAtOnce(ForwardedBytes(buffer, position..<end), on: core) else { break }
                position = end
            }
            return position
        }
    }

    /// Queues the rest of another link's buffer; the waiter is woken when it need not be kept any more.
    fileprivate func enqueue(_ buffer: OutboundBuffer, from start: Int, on core: ChannelCore, _ waiter: Waiter) {
        let isOver = state.withLock { state in
            guard (try? core.state.checkSend()) != nil else { return true }
            var position = start
            while position < buffer.count {
                let end = min(position + ByteString.maximumFramed, buffer.count)
                state.multiplexer.enqueue(
                    OutgoingMessage(
                        forwarding: ForwardedBytes(buffer, position..<end),
                        waiter: end == buffer.count ? waiter : nil
                    ),
                    on: core
                )
                position = end
            }
            return false
        }
        if isOver { resume(waiter, .changed) } else { flushLink() }
    }
}
