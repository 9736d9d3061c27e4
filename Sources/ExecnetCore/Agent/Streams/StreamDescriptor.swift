//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import Synchronization

/// The descriptor of a stream, watched for what its two directions wait for at the moment.
final class StreamDescriptor: Sendable {
    typealias Handler = @Sendable () -> Void

    private struct Interest: Equatable {
        var read = false
        var write = false
        /// The end of both directions, which the system tells unasked.
        var hangUp = false
        var isAny: Bool { read || write || hangUp }
    }

    private struct State {
        var interest = Interest()
        var readable: Handler?
        var writable: Handler?
        var hungUp: Handler?
        var unwatchable: [@Sendable (Int32) -> Void] = []
        var isClosed = false
    }

    let descriptor: Descriptor
    private let poller: Poller
    private let state = Mutex(State())

    init(_ descriptor: Descriptor, poller: Poller) throws(SystemError) {
        self.descriptor = descriptor
        self.poller = poller
        try descriptor.makeNonBlocking()
    }

    /// Calls `handler` whenever there is something to read while that is watched for.
    func whenReadable(_ handler: @escaping Handler) { state.withLock { $0.readable = handler } }
    func whenWritable(_ handler: @escaping Handler) { state.withLock { $0.writable = handler } }

    /// Calls `handler` once the other side of a socket is gone altogether, rather than just done with writing.
    func whenHungUp(_ handler: @escaping Handler) {
        state.withLock { if !$0.isClosed { $0.hungUp = handler } }
        watch { $0.hangUp = true }
    }

    /// Calls `handler` with the number of the error if the system cannot watch the descriptor: nothing is heard of it then.
    func whenUnwatchable(_ handler: @escaping @Sendable (Int32) -> Void) {
        state.withLock { $0.unwatchable.append(handler) }
    }

    func watch(read: Bool) { watch { $0.read = read } }
    func watch(write: Bool) { watch { $0.write = write } }

    private func watch(_ change: (inout Interest) -> Void) {
        state.withLock { state in
            let before = state.interest
            change(&state.interest)
            let after = state.interest
            guard !state.isClosed, before != after else { return }
            // While nothing is wanted the descriptor is not there at all: one whose other side is gone would wake the poller for ever.
            if !after.isAny {
                poller.remove(descriptor.value)
            } else if before.isAny {
                poller.watch(descriptor.value, read: after.read, write: after.write)
            } else {
                do throws(SystemError) {
                    try poller.add(descriptor.value, read: after.read, write: after.write) { self.ready() }
                } catch {
                    // Later, as the caller may hold a lock that the handlers need.
                    poller.post { [handlers = state.unwatchable] in for handler in handlers { handler(error.number) } }
                }
            }
        }
    }

    private func ready() {
        let (readable, writable, hungUp) = state.withLock { state in
            (state.interest.read ? state.readable : nil, state.interest.write ? state.writable : nil, state.hungUp)
        }
        writable?()
        readable?()
        if let hungUp, descriptor.hasHungUp { hungUp() }
    }

    /// Runs `action` on the polling thread, soon.
    func post(_ action: @escaping Handler) { poller.post(action) }

    /// Takes note that something was passed on to the descriptor, whose other side will take a while.
    func noteRelay() { poller.noteRelay() }

    /// Says that nothing more is written.
    func endWriting() { shutdown(descriptor.value, Int32(SHUT_WR)) }

    /// Ends both directions of a socket, and the watch. The descriptor closes when the last one who may still use it lets go.
    func close() {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.isClosed = true
            if state.interest.isAny { poller.remove(descriptor.value) }
            (state.readable, state.writable, state.hungUp, state.unwatchable) = (nil, nil, nil, [])
        }
        shutdown(descriptor.value, Int32(SHUT_RDWR))
    }
}
