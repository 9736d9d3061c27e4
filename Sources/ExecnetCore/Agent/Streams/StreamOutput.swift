//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import DequeModule
import ExecnetSystem
import ExecnetWire
import Synchronization

/// Writes the byte strings that come on a channel to a descriptor, on the thread that reads them.
///
/// What does not go at once is kept until it does, and only then may as much come again: the channel's window bounds it.
final class StreamOutput: ChannelSink {
    fileprivate struct Rest {
        var bytes: WireBytes
        var written = 0
        var cost: Int
    }

    fileprivate struct State {
        var waiting = Deque<Rest>()
        /// Nothing more comes.
        var hasEnd = false
        /// Nobody reads any more, or there is nothing more to write: what still comes is thrown away.
        var isOver = false
        var whenOver: (@Sendable () -> Void)?
    }

    private let descriptor: StreamDescriptor
    private let channel: Channel
    private let state = Mutex(State())
    private let onSignal: @Sendable (Int32) -> Void

    /// - Parameter onSignal: what is done with an item that is an integer.
    init(_ channel: Channel, to descriptor: StreamDescriptor, onSignal: @escaping @Sendable (Int32) -> Void = { _ in })
    {
        self.channel = channel
        self.descriptor = descriptor
        self.onSignal = onSignal
    }

    func start() {
        descriptor.whenWritable { [weak self] in self?.writeWaiting() }
        descriptor.whenUnwatchable { [weak self] _ in self?.stop() }
        channel.endpoint.attach(self, to: channel.core)
    }

    /// Calls `handler` once nothing more will be written.
    func whenOver(_ handler: @escaping @Sendable () -> Void) {
        let isOver = state.withLock { state in
            if !state.isOver { state.whenOver = handler }
            return state.isOver
        }
        if isOver { handler() }
    }

    /// Waits until nothing more will be written.
    func over() async { await withCheckedContinuation { continuation in whenOver { continuation.resume() } } }

    // MARK: what comes

    func received(_ item: UnsafeRawBufferPointer, cost: Int) -> Int {
        guard let bytes = ByteString.content(of: item) else {
            if let number = try? Wire.decode(Int32.self, from: item) { onSignal(number) }
            return cost
        }
        descriptor.noteRelay()
        return finish { state in
            guard !state.isOver else { return cost }
            var written = 0
            if state.waiting.isEmpty {
                switch write(bytes) {
                case .bytes(let count): written = count
                case .wouldBlock: break
                case .ended:
                    state.giveUp()
                    return cost
                }
                if written == bytes.count { return cost }
            }
            let rest = WireBytes(copying: UnsafeRawBufferPointer(rebasing: bytes[written...]))
            state.waiting.append(Rest(bytes: rest, cost: cost))
            descriptor.watch(write: true)
            return 0
        }
    }

    /// Writes until the system takes no more.
    private func write(_ bytes: UnsafeRawBufferPointer) -> Descriptor.Transfer {
        var written = 0
        while written < bytes.count {
            switch descriptor.descriptor.write(UnsafeRawBufferPointer(rebasing: bytes[written...])) {
            case .bytes(let count): written += count
            case .wouldBlock: return .bytes(written)
            case .ended(let error): return .ended(error)
            }
        }
        return .bytes(written)
    }

    func receivedEnd() {
        finish { state in
            state.hasEnd = true
            if state.waiting.isEmpty { state.isOver = true }
        }
    }

    /// What came before the other side closed is still written.
    func closed(_ end: ChannelEnd) {
        if case .lost = end { return stop() }
        if channel.isClosedHere { stop() } else { receivedEnd() }
    }

    /// Throws away what waits and what still comes.
    func stop() { finish { $0.giveUp() } }

    // MARK: what waits

    private func writeWaiting() {
        let done = finish { state in
            var done = 0
            while let first = state.waiting.first {
                let result = first.bytes.withUnsafeBytes {
                    write(UnsafeRawBufferPointer(rebasing: $0[first.written...]))
                }
                guard case .bytes(let count) = result else {
                    done += state.waiting.reduce(0) { $0 + $1.cost }
                    state.giveUp()
                    break
                }
                guard first.written + count == first.bytes.count else {
                    state.waiting[0].written += count
                    break
                }
                state.waiting.removeFirst()
                done += first.cost
            }
            if state.waiting.isEmpty {
                descriptor.watch(write: false)
                if state.hasEnd { state.isOver = true }
            }
            return done
        }
        channel.endpoint.release(done, of: channel.core)
    }

    /// Changes the state under the lock; if nothing more is to be written then, says so.
    private func finish<R: Sendable>(_ body: (inout State) -> R) -> R {
        let (result, isOver, handler) = state.withLock { state in
            let before = state.isOver
            let result = body(&state)
            let isOver = state.isOver && !before
            return (result, isOver, isOver ? state.whenOver.take() : nil)
        }
        if isOver {
            descriptor.watch(write: false)
            descriptor.endWriting()
        }
        handler?()
        return result
    }
}

extension StreamOutput.State {
    fileprivate mutating func giveUp() {
        waiting = []
        isOver = true
    }
}
