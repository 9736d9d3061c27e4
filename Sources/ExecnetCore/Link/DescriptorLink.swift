//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
package import ExecnetSystem
import Synchronization

/// A link over descriptors of the operating system: a socket pair, a pair of pipes, a plain connection.
///
/// Whoever has something to do with the link does it on the spot: a sender writes, one who waits for an answer reads. The poller's
/// thread does the rest. A message therefore changes threads only when it has to.
package final class DescriptorLink: Link {
    /// The most that is read at once.
    static let readSize = 262_144
    /// How long what was sent waits for more to be sent, at most.
    static let flushDelay = Duration.microseconds(200)
    /// How long a thread of the caller's pool is held at a time to wait for an answer.
    private static let waitNanoseconds = 100_000

    private let input: Descriptor
    private let output: Descriptor
    private let poller: Poller
    private let endpoint: Endpoint
    private let buffer: ReadBuffer
    private let isReading = Atomic(false)
    private let isFlushScheduled = Atomic(false)
    /// Whether to wait for an answer on the thread of whoever wants it.
    private let patience = Backoff(longestPause: 256)
    private let spin = BriefSpin()
    /// An answer over one gateway more comes later, so whether it pays to look for it has a record of its own.
    private let spinFromAfar = BriefSpin()
    private let interest = Mutex(Interest())
    private let blockedOutput = Mutex<BlockedOutput?>(nil)

    private struct Interest {
        var read = true
        var write = false
    }

    private struct BlockedOutput {
        var buffer: OutboundBuffer
        var written: Int
    }

    /// `input` and `output` may be the same descriptor. Both become non-blocking.
    package init(input: Descriptor, output: Descriptor, poller: Poller, endpoint: Endpoint) throws(SystemError) {
        self.input = input
        self.output = output
        self.poller = poller
        self.endpoint = endpoint
        buffer = ReadBuffer(capacity: DescriptorLink.readSize)
        try input.makeNonBlocking()
        try output.makeNonBlocking()
    }

    /// Begins to read.
    package func start() throws(SystemError) { try poller.add(input.value) { self.ready() } }

    package func disconnect() {
        stopWatching()
        // The descriptors close when the last thread that may still use them lets go; a socket's peer is told now.
        shutdown(input.value, Int32(SHUT_RDWR))
        shutdown(output.value, Int32(SHUT_RDWR))
    }

    /// A descriptor whose other end is gone would wake the poller for ever.
    private func stopWatching() {
        poller.remove(input.value)
        poller.remove(output.value)
    }

    package func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> UInt64 {
        poller.schedule(after: delay, action)
    }

    package func cancel(_ timer: UInt64) { poller.cancel(timer) }

    private func ready() {
        if interest.withLock({ $0.write }) { continueWriting() }
        guard beginReading() else { return }
        let more = readAvailable()
        isReading.store(false, ordering: .releasing)
        if !more { endReading() }
    }

    // MARK: reading

    private func beginReading() -> Bool {
        isReading.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged
    }

    /// Reads until there is no more for now. False: the stream has ended.
    private func readAvailable() -> Bool {
        for _ in 0..<8 {
            switch input.read(into: buffer.bytes) {
            case .bytes(let count):
                endpoint.received(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer.bytes)[..<count]))
                if count < DescriptorLink.readSize / 4 { return true }
            case .wouldBlock: return true
            case .ended: return false
            }
        }
        return true
    }

    private func endReading() {
        stopWatching()
        endpoint.linkEnded(GatewayError(.connectionLost, "The connection was lost.", gateway: endpoint.gatewayID))
    }

    package func receiveInPlace() -> Bool { receiveInPlace(spin) }
    package func receiveInPlaceFromAfar() -> Bool { receiveInPlace(spinFromAfar) }

    private func receiveInPlace(_ spin: BriefSpin) -> Bool {
        guard patience.allows(), beginReading() else { return false }
        flush()
        // While this thread waits, the poller must not wake for the same bytes.
        watch { $0.read = false }
        var alive = true
        let came = waitForInput(spin)
        if came { alive = readAvailable() }
        isReading.store(false, ordering: .releasing)
        patience.record(success: came)
        if alive { watch { $0.read = true } } else { endReading() }
        return came && alive
    }

    private func waitForInput(_ spin: BriefSpin) -> Bool {
        let descriptor = input.value
        if spin.until({ execnet_wait_readable(descriptor, 0) > 0 ? true : nil }) != nil { return true }
        return execnet_wait_readable(descriptor, DescriptorLink.waitNanoseconds) > 0
    }

    private func watch(_ change: (inout Interest) -> Void) {
        interest.withLock { interest in
            let before = interest
            change(&interest)
            guard interest.read != before.read || interest.write != before.write else { return }
            if input === output {
                poller.watch(input.value, read: interest.read, write: interest.write)
            } else if before.read != interest.read {
                poller.watch(input.value, read: interest.read, write: false)
            } else if interest.write {
                try? poller.add(output.value, read: false, write: true) { self.ready() }
            } else {
                poller.remove(output.value)
            }
        }
    }

    // MARK: writing

    package func flushSoon() {
        // A worker polls at the end of its turn; any other thread goes on with what it does.
        if execnet_current_worker() != nil { return poller.post { self.flush() } }
        scheduleFlush()
    }

    private func scheduleFlush() {
        guard !isFlushScheduled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        poller.schedule(after: DescriptorLink.flushDelay) { self.flushIfDue() }
    }

    /// While a sender writes itself, because it sends so much, its last messages are left to it.
    private func flushIfDue() {
        // First, so that a request that comes now is scheduled anew.
        _ = isFlushScheduled.exchange(false, ordering: .acquiringAndReleasing)
        guard let since = endpoint.flushRequested else { return }
        if since.until(.now) < DescriptorLink.flushDelay / 2 { return scheduleFlush() }
        flush()
    }

    package func flush() { writeAll(endpoint.takeOutput()) }

    private func writeAll(_ first: OutboundBuffer?) {
        var next = first
        while let buffer = next {
            guard write(buffer, from: 0) else { return }
            next = endpoint.outputWritten()
        }
    }

    private func continueWriting() {
        let blocked = blockedOutput.withLock { $0.take() }
        guard let blocked else { return }
        watch { $0.write = false }
        guard write(blocked.buffer, from: blocked.written) else { return }
        writeAll(endpoint.outputWritten())
    }

    /// Writes as much as goes. False: the rest waits until the descriptor is ready, or will never go.
    private func write(_ buffer: OutboundBuffer, from start: Int) -> Bool {
        var written = start
        while written < buffer.count {
            switch buffer.withPieces(from: written, output.write) {
            case .bytes(let count): written += count
            case .wouldBlock:
                blockedOutput.withLock { $0 = BlockedOutput(buffer: buffer, written: written) }
                watch { $0.write = true }
                return false
            case .ended:
                // Nothing can be written any more; what the peer said before it went is still read.
                watch { $0.write = false }
                endpoint.linkEnded(
                    GatewayError(.connectionLost, "The connection was lost.", gateway: endpoint.gatewayID)
                )
                return false
            }
        }
        return true
    }
}

/// Memory to read into; used by one thread at a time.
private final class ReadBuffer: @unchecked Sendable {
    // Unchecked because only the thread that holds the link's `isReading` touches the bytes.
    let bytes: UnsafeMutableRawBufferPointer
    init(capacity: Int) { bytes = .allocate(byteCount: capacity, alignment: 16) }
    deinit { bytes.deallocate() }
}
