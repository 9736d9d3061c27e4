//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import DequeModule
package import ExecnetWire
import OrderedCollections

/// Which side of a link this is.
package enum LinkRole: Sendable { case coordinator, agent }

/// All channels of one link: numbers, routing, fairness, and the frames that wait to be written.
///
/// Pure: bytes and calls go in, frames and effects come out. The endpoint holds it under a lock, the link moves the bytes.
package struct Multiplexer {
    /// Bulk is moved into the outbound buffer only up to this many bytes, so that frames of the link soon get their turn.
    static let outboundTarget = 131_072

    /// Closed channels that are kept for an item that mentions them, by number and by what they hold; the oldest is forgotten first.
    static let maximumUnclaimed = 1_024
    package static let maximumUnclaimedSize = 16 << 20

    package let role: LinkRole
    package let limits: LinkLimits
    /// Why the link ended, once it has.
    package private(set) var end: GatewayError?

    var table = ChannelTable()
    /// Channels that the other side made, sent in an item and closed before anybody took that item: what they hold is still to be received.
    var unclaimed: OrderedDictionary<UInt64, ChannelCore> = [:]
    /// What the unclaimed channels hold.
    var unclaimedSize = 0
    var opening: [UInt64: WireBytesBuilder] = [:]
    var nextNumber: UInt64
    var heardHello = false
    /// Set once the other side has broken the protocol: its bytes no longer count.
    var isBroken = false
    /// Channels that have something to send and may, in the order in which they get their turn.
    var round = Deque<ChannelCore>()
    var filling = OutboundBuffer()
    var written = OutboundBuffer()
    /// The beginning of a frame whose rest has not come.
    var incomplete: [UInt8] = []

    package init(role: LinkRole, limits: LinkLimits, firstNumber: UInt64? = nil) {
        self.role = role
        self.limits = limits
        nextNumber = firstNumber ?? (role == .coordinator ? 1 : 2)
    }

    package var channelCount: Int { table.count }
    package var channels: some Collection<ChannelCore> { table.channels }
    /// A channel by its number, for a program that was sent it.
    package mutating func claim(_ number: UInt64) -> ChannelCore? {
        if let core = table[number] {
            core.isClaimed = true
            return core
        }
        guard let core = unclaimed.removeValue(forKey: number) else { return nil }
        unclaimedSize -= core.state.held
        return core
    }
    package func channel(_ number: UInt64) -> ChannelCore? { table[number] }

    // MARK: output

    package var hasOutput: Bool { filling.count > 0 || !round.isEmpty }
    /// Bytes that wait in the buffer.
    package var bufferedOutput: Int { filling.count }

    /// Hands out what is to be written next. The caller writes all of it before it asks again.
    package mutating func takeOutput(_ wake: inout Wakeups) -> OutboundBuffer? {
        fill(&wake)
        written.clear()
        guard filling.count > 0 else { return nil }
        swap(&filling, &written)
        return written
    }

    /// One fragment of each channel in turn, while there is room.
    private mutating func fill(_ wake: inout Wakeups) {
        while filling.count < Multiplexer.outboundTarget, let core = round.popFirst() {
            core.state.isInRound = false
            guard core.state.sendQueue.canProceed else { continue }
            if let message = core.state.sendQueue.writeFragment(of: core.number, into: filling),
                let waiter = message.waiter
            {
                waiter.isDone = true
                wake.add(waiter)
            }
            joinRound(core)
        }
    }

    mutating func joinRound(_ core: ChannelCore) {
        guard !core.state.isInRound, core.state.isKnown, core.state.sendQueue.canProceed else { return }
        core.state.isInRound = true
        round.append(core)
    }

    /// A frame of the link, or one that costs no credit: ahead of all bulk.
    package mutating func sendControl(_ type: FrameType, channel: UInt64 = 0, _ payload: UnsafeRawBufferPointer) {
        guard end == nil else { return }
        filling.append(
            FrameHeader(length: UInt32(payload.count), type: type, flags: [], channel: channel),
            payload
        )
    }

    package mutating func sendControl(_ type: FrameType, channel: UInt64 = 0, _ payload: WireBytes? = nil) {
        guard let payload else {
            return sendControl(type, channel: channel, UnsafeRawBufferPointer(start: nil, count: 0))
        }
        payload.withUnsafeBytes { sendControl(type, channel: channel, $0) }
    }

    /// Bytes before the first frame.
    package mutating func sendPreamble(_ bytes: [UInt8]) { bytes.withUnsafeBytes { filling.append(raw: $0) } }

    mutating func sendCredit(_ credit: Int, to channel: UInt64) {
        withUnsafeBytes(of: UInt64(credit).bigEndian) { sendControl(.credit, channel: channel, $0) }
    }

    // MARK: this side's channels

    /// Makes a channel with a number of this side. Unless `attached`, nothing is sent on it before ``attach(_:beside:)``.
    package mutating func makeChannel(attached: Bool) -> ChannelCore {
        let core = ChannelCore(number: nextNumber, attached: attached, maximumWindow: limits.channelWindow)
        nextNumber += 2
        if let end {
            var nobody = Wakeups()
            core.state.lose(end, &nobody)
        } else {
            table[core.number] = core
        }
        return core
    }

    /// Makes a channel known to the other side, before an item mentions it.
    package mutating func attach(_ core: ChannelCore, beside: UInt64) {
        guard !core.state.isKnown else { return }
        core.state.attach()
        if let payload = try? Wire.encode(beside) { sendControl(.attach, channel: core.number, payload) }
        joinRound(core)
    }

    /// Passes a message on at once if nothing stands before it. True: done.
    package mutating func sendAtOnce(_ type: FrameType, _ payload: borrowing WireBytes, on core: ChannelCore) -> Bool {
        guard filling.count < Multiplexer.outboundTarget, core.state.isKnown,
            core.state.sendQueue.reserve(type, size: payload.count)
        else { return false }
        let header = FrameHeader(length: UInt32(payload.count), type: type, flags: [], channel: core.number)
        filling.append(header, copy payload, 0..<payload.count)
        return true
    }

    /// As the other, for an item whose bytes lie in another link's buffer.
    package mutating func sendAtOnce(_ item: ForwardedBytes, on core: ChannelCore) -> Bool {
        guard filling.count < Multiplexer.outboundTarget, core.state.isKnown,
            core.state.sendQueue.reserve(.item, size: item.count)
        else { return false }
        item.write(to: filling, channel: core.number)
        return true
    }

    /// Queues a message behind those that wait.
    package mutating func enqueue(_ message: OutgoingMessage, on core: ChannelCore) {
        core.state.sendQueue.append(message)
        joinRound(core)
    }

    /// Gives up a message whose sender was cancelled. False: it is out already.
    package mutating func abandon(_ waiter: Waiter, of type: FrameType, on core: ChannelCore) -> Bool {
        guard let partlySent = core.state.sendQueue.abandon(waiter) else { return false }
        if partlySent { core.state.sendQueue.prependAbandonment(of: type) }
        joinRound(core)
        return true
    }

    /// Takes an item out of a channel's inbox and gives credit back.
    package mutating func take(from core: ChannelCore) -> ChannelState.TakeResult {
        let result = core.state.take()
        switch result {
        case .item(_, let credit?), .wait(let credit?): sendCredit(credit, to: core.number)
        default: break
        }
        return result
    }

    /// Takes what comes next for subscribers and gives credit back.
    package mutating func takeDelivery(from core: ChannelCore) -> ChannelState.Delivery? {
        let (delivery, credit) = core.state.takeDelivery()
        if let credit { sendCredit(credit, to: core.number) }
        return delivery
    }

    /// Gives credit back for items that a sink is done with.
    package mutating func release(_ cost: Int, of core: ChannelCore) {
        if let credit = core.state.release(cost) { sendCredit(credit, to: core.number) }
    }

    package mutating func endSending(on core: ChannelCore) {
        guard core.state.endSending() else { return }
        enqueue(OutgoingMessage(type: .end, payload: nil), on: core)
    }

    package mutating func close(_ core: ChannelCore, with error: RemoteError?, _ wake: inout Wakeups) {
        let known = core.state.isKnown
        guard core.state.close(&wake), end == nil else { return }
        if known {
            sendControl(.close, channel: core.number, error.flatMap { try? Wire.encode($0.wireValue.shortened) })
        }
        if core.state.remote == .closed || !known { table[core.number] = nil }
    }

    /// Takes back a channel that was never sent anything on.
    package mutating func forget(_ core: ChannelCore, _ wake: inout Wakeups) {
        _ = core.state.close(&wake)
        table[core.number] = nil
    }

    /// The link is gone: every channel ends, and nothing more is sent.
    package mutating func finish(_ error: GatewayError, _ wake: inout Wakeups) {
        guard end == nil else { return }
        end = error
        for core in table.channels { core.state.lose(error, &wake) }
        table.removeAll()
        opening = [:]
        unclaimed = [:]
        unclaimedSize = 0
        round = []
        incomplete = []
        filling.clear()
    }
}
