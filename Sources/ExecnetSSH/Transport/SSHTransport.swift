//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import NIOCore

/// Moves the bytes of a session: over a socket, or through a channel of another session.
protocol SSHTransport: AnyObject, Sendable {
    /// Where its delegate is called.
    var loop: any EventLoop { get }
    /// The time to the first server and back, if it is known.
    var roundTrip: Duration? { get }
    /// Sends bytes, from whatever thread, in the order of the calls.
    func write(_ bytes: ByteBuffer)
    /// Ends it, once what was written has gone.
    func close()
    /// Begins to tell a delegate, on the loop, and to keep it; tells first of what has come by then.
    func attach(_ delegate: NIOLoopBound<any SSHTransportDelegate>)
}

/// What wants to know how a transport is. All calls come on its loop.
protocol SSHTransportDelegate: AnyObject {
    /// There are new bytes in the session's buffers, or their end.
    func newsArrived()
    /// Whether the transport takes more without keeping it.
    func writabilityChanged(_ isWritable: Bool)
}
