//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetWire
import Synchronization

/// Reads a descriptor and sends what it reads on a channel, as byte strings of one frame each.
///
/// It reads only while the channel may send, so at most one item waits here.
final class StreamInput: Sendable {
    /// Items that are read in one turn, so that other descriptors get theirs.
    private static let itemsPerTurn = 8
    /// After so few bytes there is hardly more to read.
    private static let fewBytes = 16_384

    private enum Phase {
        /// Until there is something to read.
        case waiting
        /// Some thread reads.
        case reading
        /// An item is queued; there is more to read when it has been passed on.
        case blocked
        case ended(Int32)
    }

    private struct State {
        var phase = Phase.waiting
        /// Bytes that are still read; with a bound, nothing more is waited for.
        var left = Int.max
        var whenEnded: [@Sendable (Int32) -> Void] = []
    }

    private let descriptor: StreamDescriptor
    private let channel: Channel
    private let state = Mutex(State())

    init(_ descriptor: StreamDescriptor, to channel: Channel) {
        self.descriptor = descriptor
        self.channel = channel
    }

    func start() {
        descriptor.whenReadable { [weak self] in self?.continueReading() }
        descriptor.whenUnwatchable { [weak self] in self?.end($0) }
        state.withLock { if case .waiting = $0.phase { descriptor.watch(read: true) } }
    }

    /// Calls `handler` when all has been passed on that will be, with the number of the error that ended it, or 0.
    func whenEnded(_ handler: @escaping @Sendable (Int32) -> Void) {
        let end = state.withLock { state -> Int32? in
            if case .ended(let number) = state.phase { return number }
            state.whenEnded.append(handler)
            return nil
        }
        if let end { handler(end) }
    }

    /// Waits until all has been passed on; returns the number of the error that ended it, or 0.
    func ended() async -> Int32 {
        await withCheckedContinuation { continuation in whenEnded { continuation.resume(returning: $0) } }
    }

    /// What is there now is still read; nothing more is waited for.
    func finish() {
        state.withLock { if $0.left == .max { $0.left = descriptor.descriptor.readableBytes } }
        continueReading()
    }

    /// Leaves what is there.
    func stop() { end(0) }

    // MARK: reading

    private func continueReading() {
        let begins = state.withLock { state in
            guard case .waiting = state.phase else { return false }
            state.phase = .reading
            return true
        }
        if begins { read() }
    }

    private func read() {
        for _ in 0..<StreamInput.itemsPerTurn {
            let left = state.withLock { $0.left }
            guard left > 0 else { return end(0) }
            var result = Descriptor.Transfer.wouldBlock
            let item = WireBytes.byteString { target in
                result = descriptor.descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: target.prefix(left)))
                guard case .bytes(let count) = result else { return 0 }
                if left < .max { state.withLock { $0.left -= count } }
                return count
            }
            if let item {
                guard send(item) else { return }
                if item.count < StreamInput.fewBytes, left == .max, rest() { return }
            } else if case .ended(let number) = result {
                return end(number)
            } else if left < .max {
                return end(0)
            } else if rest() {
                return
            }
        }
        _ = rest(evenIfEnding: true)
    }

    /// Waits until there is more to read. False: it is to be looked for once more, because nothing comes after that.
    private func rest(evenIfEnding: Bool = false) -> Bool {
        channel.endpoint.flushLink()
        let (rests, isLast) = state.withLock { state in
            guard case .reading = state.phase else { return (true, false) }
            if state.left < .max, !evenIfEnding { return (false, false) }
            state.phase = .waiting
            descriptor.watch(read: true)
            return (true, state.left < .max)
        }
        // Its end may never come, so it is not waited for.
        if isLast { descriptor.post { [weak self] in self?.continueReading() } }
        return rests
    }

    /// False: it has to wait for its turn, or the channel is over.
    private func send(_ item: WireBytes) -> Bool {
        switch channel.endpoint.sendWhole(item, on: channel.core) {
        case .sent: return true
        case .over:
            end(0)
            return false
        case .full: break
        }
        let mayWait = state.withLock { state in
            guard case .reading = state.phase else { return false }
            state.phase = .blocked
            descriptor.watch(read: false)
            return true
        }
        guard mayWait else { return false }
        channel.endpoint.enqueueWhole(item, on: channel.core, Waiter { [weak self] in self?.unblock() })
        return false
    }

    private func unblock() {
        let begins = state.withLock { state in
            guard case .blocked = state.phase else { return false }
            state.phase = .reading
            return true
        }
        if begins { read() }
    }

    private func end(_ number: Int32) {
        let handlers = state.withLock { state -> [@Sendable (Int32) -> Void] in
            if case .ended = state.phase { return [] }
            state.phase = .ended(number)
            descriptor.watch(read: false)
            defer { state.whenEnded = [] }
            return state.whenEnded
        }
        channel.endpoint.flushLink()
        for handler in handlers { handler(number) }
    }
}
