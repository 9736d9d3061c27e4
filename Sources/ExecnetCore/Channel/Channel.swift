//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetWire
import Synchronization

/// One two-way conversation on a gateway.
///
/// Both sides hold a `Channel`: the coordinator gets one from `remoteExec` or `newChannel()`, the far program is given the
/// other end. Items arrive in the order in which they were sent; bindings (``set(_:)``, ``get(_:ignoring:timeout:)``)
/// are a map of names to values that both sides see. A channel ends when it is closed, when the far program returns, or with its
/// gateway; forgetting it does nothing.
///
/// All functions may be called from any task at any time. Cancelling a task that waits in one of them leaves the
/// channel usable.
public struct Channel: Sendable {
    package let core: ChannelCore
    package let endpoint: Endpoint

    package init(core: ChannelCore, endpoint: Endpoint) {
        self.core = core
        self.endpoint = endpoint
    }

    /// The channel's number on its gateway; the same on both sides.
    public var id: UInt64 { core.number }

    /// The id of the gateway that the channel belongs to.
    public var gatewayID: String { endpoint.gatewayID }

    /// Another channel on the same gateway, connected to nothing until it is sent to the other side inside a value.
    public func newChannel() -> Channel { endpoint.newChannel() }

    // MARK: the end

    /// Says that this side sends no more items and bindings. The other side's sequence of items ends; it can still send.
    public func end() { try? endpoint.perform { $0.endSending(on: core) } }

    /// Closes both directions, and cancels the program that runs on the other side. Closing twice does no harm.
    ///
    /// - Parameter error: what the other side gets to see as a ``RemoteError`` after the items that were sent.
    /// - Throws: ``ChannelError`` with code `ownProgram` if a program closes the channel that it was started on: it is closed when
    ///   the program returns.
    public func close(error: String? = nil) throws(ChannelError) {
        if RunningProgram.channel === core {
            throw ChannelError(
                .ownProgram,
                "A program cannot close the channel that it runs on: return (or throw) instead.",
                gateway: gatewayID
            )
        }
        close(with: error.map { RemoteError(type: "", message: $0) })
    }

    func close(with error: RemoteError?) {
        var wake = Wakeups()
        try? endpoint.perform { $0.close(core, with: error, &wake) }
        endpoint.resume(&wake)
    }

    /// Whether this side has closed the channel, or the other side has, or the gateway is gone. Items may still be there to receive.
    public var isClosed: Bool {
        endpoint.state.withLock { _ in core.state.local == .closed || core.state.remote == .closed }
    }

    /// Whether this side has closed it of its own accord.
    var isClosedHere: Bool { endpoint.state.withLock { _ in core.state.closedHere } }

    /// Waits until the other side sends no more: its program has ended, or it has ended or closed the channel.
    ///
    /// Items that came before stay receivable; items that go to subscribers have all been delivered when this returns.
    /// - Parameter timeout: how long to wait at most; nil is for ever.
    /// - Throws: ``RemoteError`` if the far program failed, ``GatewayError`` if the gateway ended first, ``ChannelError`` with code
    ///   `timedOut`, `CancellationError`.
    public func waitClose(timeout: Duration? = nil) async throws {
        let end = try await endpoint.wait(for: .end, on: core, timeout: timeout) { _ in
            core.state.isDelivering ? nil : core.state.end
        }
        try end.throwIfFailed(gatewayID)
    }
}

extension Channel: Hashable {
    public static func == (left: Channel, right: Channel) -> Bool { left.core === right.core }
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(core)) }
}

extension Channel: CustomStringConvertible {
    public var description: String { "channel \(id) of \(gatewayID)" }
}

extension ChannelEnd {
    func throwIfFailed(_ gatewayID: String) throws {
        switch self {
        case .finished: break
        case .failed(var error):
            error.gateway = error.gateway ?? gatewayID
            throw error
        case .lost(let error): throw error
        }
    }
}

extension Endpoint {
    package func newChannel() -> Channel {
        Channel(core: state.withLock { $0.multiplexer.makeChannel(attached: false) }, endpoint: self)
    }

    /// The channel that a reference in a received value stands for.
    package func channel(for reference: ChannelReference) throws(WireError) -> Channel {
        guard let core = state.withLock({ $0.multiplexer.claim(reference.id) }) else {
            throw WireError(
                .foreignChannel,
                "The value mentions channel \(reference.id), which does not exist (any more)."
            )
        }
        return Channel(core: core, endpoint: self)
    }

    /// Makes channels known to the other side before an item that mentions them.
    func attach(_ references: [UInt64], beside core: ChannelCore) throws(ChannelError) {
        try perform { multiplexer throws(ChannelError) in
            for reference in references {
                guard let mentioned = multiplexer.channel(reference) else {
                    throw ChannelError(
                        .closed,
                        "Channel \(reference) is closed, so it cannot be sent.",
                        gateway: gatewayID
                    )
                }
                multiplexer.attach(mentioned, beside: core.number)
            }
        }
    }
}
