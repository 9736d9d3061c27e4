//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire
import Synchronization

/// Joins channels of two links, so that each side speaks to the other through the process in between.
///
/// Items pass as they were encoded; only those that mention channels are opened, because a channel has another number on the
/// other link. A mentioned channel is joined to a new one there the first time. An item is taken from one link only when the other
/// has room for it, so the windows of both bound what is held here.
final class ChannelRelay: Sendable {
    enum Side { case outer, inner }

    private struct Partners {
        var ofOuter: [UInt64: Channel] = [:]
        var ofInner: [UInt64: Channel] = [:]
    }

    private let outer: Endpoint
    private let inner: Endpoint
    private let partners = Mutex(Partners())

    init(outer: Endpoint, inner: Endpoint) {
        self.outer = outer
        self.inner = inner
    }

    /// Passes on everything between two channels, in order, until both have ended.
    func join(_ outerChannel: Channel, _ innerChannel: Channel) {
        partners.withLock {
            $0.ofOuter[outerChannel.id] = innerChannel
            $0.ofInner[innerChannel.id] = outerChannel
        }
        pass(from: outerChannel, to: innerChannel, side: .inner)
        pass(from: innerChannel, to: outerChannel, side: .outer)
    }

    private func pass(from source: Channel, to target: Channel, side: Side) {
        source.subscribe(
            Subscriber(
                onPayload: { payload, _ in try await self.send(payload, to: target, side: side) },
                onBindings: { values, _ in
                    let translated = try values.mapValues { try self.translate($0, to: side, beside: target) }
                    try await target.set(translated)
                },
                // A close travels by itself, with its reason; only a half-close is passed on here.
                onEnd: { _ in if !source.isClosed { target.end() } }
            ),
            includingBindings: true
        )
    }

    private func send(_ payload: WireBytes, to target: Channel, side: Side) async throws {
        do {
            guard payload.mayMentionChannel else { return try await target.send(payload) }
            let value = try translate(try Wire.decode(Value.self, from: payload), to: side, beside: target)
            try await target.send(value)
        } catch is ChannelError {
            // The target has closed: its own end travels the other way, and says more than this could.
        }
    }

    // MARK: channels inside values

    /// The value with the numbers of its channels as they are on the other link.
    func translate(_ value: Value, to side: Side, beside target: Channel) throws -> Value {
        switch value {
        case .channel(let reference): .channel(try partner(of: reference, on: side).reference)
        case .array(let values): .array(try values.map { try translate($0, to: side, beside: target) })
        case .tuple(let values): .tuple(try values.map { try translate($0, to: side, beside: target) })
        case .map(let map):
            .map(
                ValueMap(
                    try map.map {
                        (
                            key: try translate($0.key, to: side, beside: target),
                            value: try translate($0.value, to: side, beside: target)
                        )
                    }
                )
            )
        default: value
        }
    }

    private func partner(of reference: ChannelReference, on side: Side) throws -> Channel {
        let known = partners.withLock { side == .inner ? $0.ofOuter[reference.id] : $0.ofInner[reference.id] }
        if let known { return known }
        let mentioned = try (side == .inner ? outer : inner).channel(for: reference)
        let partner = (side == .inner ? inner : outer).newChannel()
        join(side == .inner ? mentioned : partner, side == .inner ? partner : mentioned)
        closeTogether(mentioned, partner)
        closeTogether(partner, mentioned)
        return partner
    }

    /// A channel that no program runs on ends when one of its sides is closed.
    private func closeTogether(_ first: Channel, _ second: Channel) {
        Task {
            do {
                try await first.waitUntilClosed()
                second.close(with: nil)
            } catch let error as RemoteError {
                second.close(with: error)
            } catch {
                second.close(with: RemoteError(error))
            }
        }
    }
}

extension Channel {
    /// Waits until the other side has closed, whatever it ended before.
    func waitUntilClosed() async throws {
        let end = try await endpoint.wait(for: .end, on: core, timeout: nil) { _ in
            core.state.remote == .closed && !core.state.isDelivering ? core.state.end : nil
        }
        try end.throwIfFailed(gatewayID)
    }
}

extension WireBytes {
    /// Whether the tag of a channel may be in it: two bytes after a head of its own.
    var mayMentionChannel: Bool {
        withUnsafeBytes { bytes in
            guard bytes.count > 3 else { return false }
            return (0..<bytes.count - 2).contains {
                bytes[$0] == 0xd9 && bytes[$0 + 1] == 0x65 && bytes[$0 + 2] == 0x63
            }
        }
    }
}
