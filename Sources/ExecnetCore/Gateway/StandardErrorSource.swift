//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetSystem
import Synchronization

/// Where the bytes of a far standard error come from.
package protocol StandardErrorSource: AnyObject, Sendable {
    /// Passes on what comes, one call at a time, and says when nothing more will.
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
        while read() == .more {}
        finish()
    }

    private func ready() {
        // A few reads a turn: one that prints without end must not hold up the links.
        for _ in 0..<4 {
            switch read() {
            case .more: continue
            case .nothing: return
            case .end: return finish()
            }
        }
    }

    private enum Step { case more, nothing, end }

    private func read() -> Step {
        withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { buffer in
            switch descriptor.read(into: buffer) {
            case .bytes(let count):
                let onBytes = handlers.withLock { $0?.onBytes }
                onBytes?(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
                return .more
            case .wouldBlock: return .nothing
            case .ended: return .end
            }
        }
    }

    private func finish() {
        guard let handlers = handlers.withLock({ $0.take() }) else { return }
        poller.remove(descriptor.value)
        handlers.onEnd()
    }
}
