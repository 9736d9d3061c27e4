//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetSystem
import Synchronization

/// Where the bytes of a far standard error come from.
package protocol StandardErrorSource: AnyObject, Sendable {
    /// Passes on what comes, one call at a time, and says when nothing more will. `onBytes` must not stop the source.
    func start(
        onBytes: @escaping @Sendable (UnsafeRawBufferPointer) -> Void,
        onEnd: @escaping @Sendable () -> Void
    ) throws
    /// Passes on what is there already, and nothing after that.
    func stop()
}

/// Standard error as a pipe, or a connection of its own.
package final class DescriptorErrors: StandardErrorSource {
    private let descriptor: Descriptor
    private let poller: Poller
    /// Held while bytes are read and passed on: they come on the poller's thread, and on that of whoever stops.
    private let reading = Mutex(())
    private let handlers = Mutex<Handlers?>(nil)

    private struct Handlers {
        var onBytes: @Sendable (UnsafeRawBufferPointer) -> Void
        var onEnd: @Sendable () -> Void
    }

    package init(_ descriptor: Descriptor, poller: Poller) {
        self.descriptor = descriptor
        self.poller = poller
    }

    package func start(
        onBytes: @escaping @Sendable (UnsafeRawBufferPointer) -> Void,
        onEnd: @escaping @Sendable () -> Void
    ) throws {
        handlers.withLock { $0 = Handlers(onBytes: onBytes, onEnd: onEnd) }
        try descriptor.makeNonBlocking()
        try poller.add(descriptor.value) { self.ready() }
    }

    package func stop() {
        reading.withLock { _ in _ = read(atMost: descriptor.readableBytes) }
        finish()
    }

    private func ready() {
        // One that prints without end must not hold up the links.
        let isOver = reading.withLock { _ in read(atMost: 65_536) }
        if isOver { finish() }
    }

    /// True: nothing more will come.
    private func read(atMost limit: Int) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { buffer in
            var left = limit
            while left > 0, let onBytes = handlers.withLock({ $0?.onBytes }) {
                switch descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(left))) {
                case .bytes(let count):
                    onBytes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
                    left -= count
                case .wouldBlock: return false
                case .ended: return true
                }
            }
            return false
        }
    }

    private func finish() {
        guard let handlers = handlers.withLock({ $0.take() }) else { return }
        poller.remove(descriptor.value)
        handlers.onEnd()
    }
}
