//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Synchronization

/// Reads a pipe piece by piece, as its reader asks: nothing is read ahead.
package final class DescriptorReader: Sendable {
    private let descriptor: Descriptor
    private let readiness: Readiness
    /// Bytes that are still read.
    private let left = Atomic(Int.max)

    package init(_ descriptor: Descriptor, poller: Poller) throws(SystemError) {
        self.descriptor = descriptor
        readiness = Readiness(of: descriptor, forReading: true, poller: poller)
        try descriptor.makeNonBlocking()
    }

    /// The next bytes, nil at the end. One caller at a time.
    package func next() async -> [UInt8]? {
        while true {
            let left = left.load(ordering: .acquiring)
            guard left > 0 else { return nil }
            var bytes = [UInt8](repeating: 0, count: min(left, 65_536))
            switch bytes.withUnsafeMutableBytes({ descriptor.read(into: $0) }) {
            case .bytes(let count):
                if left < .max { self.left.store(left - count, ordering: .releasing) }
                return Array(bytes.prefix(count))
            case .ended: return nil
            case .wouldBlock: guard await readiness.wait() else { return nil }
            }
        }
    }

    /// What is there now can still be read, but nothing more is waited for.
    package func finish() {
        _ = left.compareExchange(expected: .max, desired: descriptor.readableBytes, ordering: .acquiringAndReleasing)
        readiness.finish()
    }
}

/// Writes to a pipe, waiting while it is full.
package final class DescriptorWriter: Sendable {
    private let descriptor: Descriptor
    private let readiness: Readiness

    package init(_ descriptor: Descriptor, poller: Poller) throws(SystemError) {
        self.descriptor = descriptor
        readiness = Readiness(of: descriptor, forReading: false, poller: poller)
        try descriptor.makeNonBlocking()
    }

    /// Writes all of it. False: nobody reads any more. One caller at a time.
    package func write(_ bytes: [UInt8]) async -> Bool {
        var written = 0
        while written < bytes.count {
            switch bytes.withUnsafeBytes({ descriptor.write(UnsafeRawBufferPointer(rebasing: $0[written...])) }) {
            case .bytes(let count): written += count
            case .ended: return false
            case .wouldBlock: guard await readiness.wait() else { return false }
            }
        }
        return true
    }

    /// Room is not waited for any more.
    package func finish() { readiness.finish() }

    package func close() { descriptor.close() }
}

/// Waits until a descriptor can be read or written, or until nobody wants to any more.
private final class Readiness: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Bool, Never>?
        var isFinished = false
    }

    private let number: Int32
    private let isForReading: Bool
    private let poller: Poller
    private let state = Mutex(State())

    init(of descriptor: Descriptor, forReading: Bool, poller: Poller) {
        number = descriptor.value
        isForReading = forReading
        self.poller = poller
    }

    /// False: it was finished, or the system cannot watch the descriptor.
    func wait() async -> Bool {
        await withCheckedContinuation { continuation in
            let waits = state.withLock { state in
                guard !state.isFinished else { return false }
                state.continuation = continuation
                return true
            }
            guard waits else { return continuation.resume(returning: false) }
            do throws(SystemError) {
                try poller.add(number, read: isForReading, write: !isForReading) { self.resume(true) }
                // It may have been finished before it was watched.
                if state.withLock({ $0.isFinished }) { poller.remove(number) }
            } catch {
                resume(false)
            }
        }
    }

    func finish() {
        state.withLock { $0.isFinished = true }
        resume(false)
    }

    private func resume(_ isReady: Bool) {
        guard let continuation = state.withLock({ $0.continuation.take() }) else { return }
        poller.remove(number)
        continuation.resume(returning: isReady)
    }
}
