//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Moves an endpoint's bytes: the one thing that differs between a socket pair, a pipe, TLS and ssh.
///
/// An implementation passes what it reads to ``Endpoint/received(_:)``, what ends it to ``Endpoint/linkEnded(_:)``, and writes what
/// ``Endpoint/takeOutput()`` hands out.
package protocol Link: AnyObject, Sendable {
    /// Begins to read.
    func start() throws
    /// Writes what waits, on the calling thread, as far as it goes without blocking.
    func flush()
    /// Has what waits written a moment later, by a thread of the link's own.
    func flushSoon()
    /// Reads on the calling thread if it pays: waits a moment for bytes and passes them on. False: it does not pay now.
    func receiveInPlace() -> Bool
    /// As the other, for what has to pass further gateways on its way, and so takes longer.
    func receiveInPlaceFromAfar() -> Bool
    /// Runs an action after a delay, on a thread of the link's own; the number cancels it.
    func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> UInt64
    func cancel(_ timer: UInt64)
    /// Whether what is being written may wait for the thread that calls: then that one must not wait until it is done.
    var writesOnReadersThread: Bool { get }
    /// Stops reading and writing, and lets go of the descriptors.
    func disconnect()
}

extension Link {
    package func receiveInPlaceFromAfar() -> Bool { receiveInPlace() }
    package var writesOnReadersThread: Bool { false }
}
