//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

public import ExecnetWire

/// Sending and receiving items.
extension Channel {
    /// Sends one value, and returns when all of it has been passed on to the link.
    ///
    /// Messages in quick succession are written together, at most a millisecond later: a process that exits right after sending may take
    /// its last ones along, unless it closes the gateway first.
    /// Suspends while the other side has no room for it: what was sent and not yet received there is bounded.
    /// - Parameter timeout: how long to wait for room at most; nil is for ever. After a timeout the other side does not see the item.
    /// - Throws: ``ChannelError`` (closed, ended, timed out, too large), `WireError` if the value cannot be encoded,
    ///   `CancellationError`; in all of these cases the item was not sent.
    public func send(_ value: some WireEncodable, timeout: Duration? = nil) async throws {
        let payload = try endpoint.encode(value, beside: core)
        // Asked here, because every further asynchronous call has its price.
        if try endpoint.sendAtOnce(.item, payload, on: core) { return }
        try await endpoint.sendQueued(.item, payload, on: core, timeout: timeout)
    }

    /// Sends one value of any `Encodable` type.
    @_disfavoredOverload
    public func send(_ value: some Encodable, timeout: Duration? = nil) async throws {
        let payload = try endpoint.encode(value, beside: core)
        // Asked here, because every further asynchronous call has its price.
        if try endpoint.sendAtOnce(.item, payload, on: core) { return }
        try await endpoint.sendQueued(.item, payload, on: core, timeout: timeout)
    }

    /// Sends several values, one item each.
    public func send(contentsOf values: some Sequence<some WireEncodable>, timeout: Duration? = nil) async throws {
        for value in values { try await send(value, timeout: timeout) }
    }

    package func send(_ payload: WireBytes, timeout: Duration? = nil) async throws {
        try await endpoint.send(.item, payload, on: core, timeout: timeout)
    }

    /// Receives the next item.
    ///
    /// - Parameter timeout: how long to wait at most: nil is for ever, zero only looks. After a timeout the channel is as it was.
    /// - Throws: ``ChannelError`` with code `endOfItems` when the other side sends no more (again at every further call), `closed`
    ///   when this side has closed the channel, `timedOut`, `subscribed`; ``RemoteError`` if the far program failed, after
    ///   the items that it had sent; ``GatewayError`` if the gateway ended; `WireError` if the item is not of this type: then it is
    ///   used up and the next can be received; `CancellationError`.
    public func receive<T: WireDecodable>(as type: T.Type = T.self, timeout: Duration? = nil) async throws -> T {
        if let payload = try takeItem() { return try endpoint.decode(type, from: payload) }
        return try endpoint.decode(type, from: try await receiveEncoded(timeout: timeout))
    }

    /// Receives the next item as any `Decodable` type.
    @_disfavoredOverload
    public func receive<T: Decodable>(as type: T.Type = T.self, timeout: Duration? = nil) async throws -> T {
        if let payload = try takeItem() { return try endpoint.decode(type, from: payload) }
        return try endpoint.decode(type, from: try await receiveEncoded(timeout: timeout))
    }

    /// Receives the next item, or nil when the other side sends no more. Otherwise as ``receive(as:timeout:)``.
    func receiveIfAny(timeout: Duration? = nil) async throws -> WireBytes? {
        do {
            if let payload = try takeItem() { return payload }
            return try await receiveEncoded(timeout: timeout)
        } catch let error as ChannelError where error.code == .endOfItems {
            return nil
        }
    }

    package func receiveEncoded(timeout: Duration? = nil) async throws -> WireBytes {
        try await endpoint.wait(for: .item, on: core, timeout: timeout) { multiplexer in
            try item(multiplexer.takeItem(from: core))
        }
    }

    /// An item that is here already.
    private func takeItem() throws -> WireBytes? { try item(endpoint.takeItem(from: core)) }

    private func item(_ taken: TakenItem) throws -> WireBytes? {
        switch taken {
        case .item(let payload): return payload
        case .none: return nil
        case .end(let end, let closedHere):
            try end.throwIfFailed(gatewayID)
            throw closedHere
                ? ChannelError(.closed, "The channel was closed on this side.", gateway: gatewayID)
                : ChannelError(.endOfItems, "The other side sends no more items.", gateway: gatewayID)
        case .subscribed:
            throw ChannelError(
                .subscribed,
                "Items of this channel go to its subscribers, so they cannot be received.",
                gateway: gatewayID
            )
        }
    }

    /// The items that the other side sends, until it ends; a ``RemoteError`` or ``GatewayError`` is thrown after the last.
    public func items<T: WireDecodable & SendableMetatype>(as type: T.Type = T.self) -> Items<T> {
        Items(channel: self) { [endpoint] in try endpoint.decode(type, from: $0) }
    }

    /// The items as any `Decodable` type.
    @_disfavoredOverload
    public func items<T: Decodable & SendableMetatype>(as type: T.Type = T.self) -> Items<T> {
        Items(channel: self) { [endpoint] in try endpoint.decode(type, from: $0) }
    }

    /// The items of a channel, as they come.
    public struct Items<Element>: AsyncSequence, Sendable {
        public typealias Failure = any Error
        let channel: Channel
        let decode: @Sendable (WireBytes) throws -> Element

        public func makeAsyncIterator() -> Iterator { Iterator(items: self) }

        public struct Iterator: AsyncIteratorProtocol {
            let items: Items

            public mutating func next() async throws -> Element? {
                do {
                    if let payload = try items.channel.takeItem() { return try items.decode(payload) }
                    return try items.decode(try await items.channel.receiveEncoded())
                } catch let error as ChannelError where error.code == .endOfItems {
                    return nil
                }
            }
        }
    }
}
