//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import DequeModule
package import ExecnetWire

/// One message that a channel has yet to send, whole or the rest of it.
package struct OutgoingMessage {
    package var type: FrameType
    package var payload: WireBytes?
    package var sent = 0
    /// Who waits until the last fragment has been passed on.
    package var waiter: Waiter?
    /// The item, if its bytes lie in another link's buffer: always one frame.
    var forwarded: ForwardedBytes?
    /// Whether it has to be one frame.
    var isWhole = false
    /// Not a message, but the mark that the one before is given up.
    var abandons = false

    package init(type: FrameType, payload: WireBytes?, waiter: Waiter? = nil, abandons: Bool = false) {
        self.type = type
        self.payload = payload
        self.waiter = waiter
        self.abandons = abandons
    }

    package init(forwarding item: ForwardedBytes, waiter: Waiter?) {
        self.init(type: .item, payload: nil, waiter: waiter)
        forwarded = item
        isWhole = true
    }

    /// One frame that holds a whole item.
    package init(whole item: WireBytes, waiter: Waiter?) {
        self.init(type: .item, payload: item, waiter: waiter)
        isWhole = true
    }

    var remaining: Int { (payload?.count ?? forwarded?.count ?? 0) - sent }
    var needsCredit: Bool { type == .item || type == .bindings }
}

/// What one channel has yet to send, and the credit that it has for it.
package struct SendQueue {
    /// Credit below this waits for more, unless it is enough for all that is left: tiny fragments cost more than they carry.
    static let smallestFragment = 16_384

    package private(set) var credit = ReceiveWindow.initial
    private var messages = Deque<OutgoingMessage>()

    package init() {}

    package var isEmpty: Bool { messages.isEmpty }

    /// Whether a message of this size may be sent past the queue. If so, its credit is used.
    package mutating func reserve(_ type: FrameType, size: Int) -> Bool {
        guard messages.isEmpty, size <= FrameHeader.maximumPayload else { return false }
        guard type == .item || type == .bindings else { return true }
        let cost = size + ReceiveWindow.frameCost
        guard cost <= credit else { return false }
        credit -= cost
        return true
    }

    package mutating func append(_ message: OutgoingMessage) { messages.append(message) }

    /// Adds what the peer gave. False: more than any window can hold.
    package mutating func grant(_ units: UInt64) -> Bool {
        guard units <= UInt64(ReceiveWindow.maximumBalance - credit) else { return false }
        credit += Int(units)
        return true
    }

    /// Whether the next fragment could be written now.
    package var canProceed: Bool {
        guard let next = messages.first else { return false }
        guard next.needsCredit else { return true }
        let whole = min(next.remaining, FrameHeader.maximumPayload) + ReceiveWindow.frameCost
        return credit >= (next.isWhole ? whole : min(whole, SendQueue.smallestFragment))
    }

    /// Writes one fragment; returns the message if that was its last. Only when ``canProceed``.
    package mutating func writeFragment(of channel: UInt64, into buffer: OutboundBuffer) -> OutgoingMessage? {
        var message = messages.removeFirst()
        var size = min(message.remaining, FrameHeader.maximumPayload)
        if message.needsCredit {
            size = min(size, credit - ReceiveWindow.frameCost)
            credit -= size + ReceiveWindow.frameCost
        }
        if let forwarded = message.forwarded {
            forwarded.write(to: buffer, channel: channel)
            return message
        }
        let isLast = size == message.remaining
        let header = FrameHeader(
            length: UInt32(size),
            type: message.type,
            flags: message.abandons ? .abandon : isLast ? [] : .more,
            channel: channel
        )
        if let payload = message.payload {
            buffer.append(header, payload, message.sent..<message.sent + size)
        } else {
            buffer.append(header, UnsafeRawBufferPointer(start: nil, count: 0))
        }
        message.sent += size
        guard !isLast else { return message }
        messages.prepend(message)
        return nil
    }

    /// Gives up the message of a sender that no longer waits. Returns nil if it is not here (already sent), else whether a part of
    /// it is on its way, so that the peer must be told.
    package mutating func abandon(_ waiter: Waiter) -> Bool? {
        guard let index = messages.firstIndex(where: { $0.waiter === waiter }) else { return nil }
        return messages.remove(at: index).sent > 0
    }

    /// Puts the mark that gives up a partly sent message before all others.
    package mutating func prependAbandonment(of type: FrameType) {
        messages.prepend(OutgoingMessage(type: type, payload: nil, abandons: true))
    }

    /// Empties the queue; returns those who waited.
    package mutating func removeAll() -> [Waiter] {
        defer { messages = [] }
        return messages.compactMap(\.waiter)
    }
}
