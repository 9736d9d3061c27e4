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

    private var table = ChannelTable()
    /// Channels that the other side made, sent in an item and closed before anybody took that item: what they hold is still to be received.
    private var unclaimed: OrderedDictionary<UInt64, ChannelCore> = [:]
    /// What the unclaimed channels hold.
    private var unclaimedSize = 0
    private var opening: [UInt64: WireBytesBuilder] = [:]
    private var nextNumber: UInt64
    private var heardHello = false
    /// Set once the other side has broken the protocol: its bytes no longer count.
    private var isBroken = false
    /// Channels that have something to send and may, in the order in which they get their turn.
    private var round = Deque<ChannelCore>()
    private var filling = OutboundBuffer()
    private var written = OutboundBuffer()
    /// The beginning of a frame whose rest has not come.
    private var incomplete: [UInt8] = []

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
        guard filling.count > 0 else { return nil }
        written.clear()
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

    private mutating func joinRound(_ core: ChannelCore) {
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

    private mutating func sendCredit(_ credit: Int, to channel: UInt64) {
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

    // MARK: input

    /// Takes in bytes as they come, in any pieces.
    package mutating func receive(_ bytes: UnsafeRawBufferPointer, _ effects: inout Effects) throws(WireError) {
        guard !isBroken, end == nil else { return }
        // Cleared again at the end: after a violation nothing that follows can be trusted.
        isBroken = true
        try receiveFrames(bytes, &effects)
        isBroken = false
    }

    private mutating func receiveFrames(_ bytes: UnsafeRawBufferPointer, _ effects: inout Effects) throws(WireError) {
        var rest = bytes
        try completeFrame(&rest, &effects)
        while rest.count >= FrameHeader.size, end == nil {
            let header = try FrameHeader(parsing: rest)
            let size = FrameHeader.size + Int(header.length)
            guard rest.count >= size else { break }
            try receive(header, UnsafeRawBufferPointer(rebasing: rest[FrameHeader.size..<size]), &effects)
            rest = UnsafeRawBufferPointer(rebasing: rest[size...])
        }
        if !rest.isEmpty, end == nil { move(rest.count, from: &rest) }
        effects.hasOutput = hasOutput
    }

    /// Fills up the frame of which a part came before.
    private mutating func completeFrame(_ rest: inout UnsafeRawBufferPointer, _ effects: inout Effects)
        throws(WireError)
    {
        guard !incomplete.isEmpty else { return }
        move(FrameHeader.size - incomplete.count, from: &rest)
        guard incomplete.count >= FrameHeader.size else { return }
        let header = try parseIncompleteHeader()
        move(FrameHeader.size + Int(header.length) - incomplete.count, from: &rest)
        guard incomplete.count == FrameHeader.size + Int(header.length) else { return }
        let frame = incomplete
        incomplete.removeAll(keepingCapacity: true)
        try Multiplexer.withPayload(of: frame) { payload throws(WireError) in try receive(header, payload, &effects) }
    }

    private func parseIncompleteHeader() throws(WireError) -> FrameHeader {
        try Multiplexer.withBytes(of: incomplete) { bytes throws(WireError) in try FrameHeader(parsing: bytes) }
    }

    private static func withBytes<R>(
        of array: [UInt8],
        _ body: (UnsafeRawBufferPointer) throws(WireError) -> R
    ) throws(WireError) -> R {
        let result = array.withUnsafeBytes { bytes in Result { () throws(WireError) in try body(bytes) } }
        return try result.get()
    }

    private static func withPayload(
        of frame: [UInt8],
        _ body: (UnsafeRawBufferPointer) throws(WireError) -> Void
    ) throws(WireError) {
        try withBytes(of: frame) { bytes throws(WireError) in
            try body(UnsafeRawBufferPointer(rebasing: bytes[FrameHeader.size...]))
        }
    }

    private mutating func move(_ wanted: Int, from rest: inout UnsafeRawBufferPointer) {
        let count = min(max(wanted, 0), rest.count)
        incomplete.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest[..<count]))
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }

    private mutating func receive(
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer,
        _ effects: inout Effects
    ) throws(WireError) {
        guard heardHello || header.type == .hello else { throw .protocolViolation("\(header.type) before its hello") }
        if header.type.isOfLink {
            guard header.channel == 0 else { throw .protocolViolation("\(header.type) on a channel") }
            return try receiveLinkFrame(header, payload, &effects)
        }
        guard header.flags.isEmpty || header.type.mayBeFragmented else {
            throw .protocolViolation("flags on \(header.type)")
        }
        switch header.type {
        case .item, .bindings:
            try receiveMessage(header, payload, &effects)
        case .credit:
            try receiveCredit(header, payload)
        case .open:
            try receiveOpen(header, payload, &effects)
        case .attach:
            _ = try Wire.decode(UInt64.self, from: payload)
            try makePeerChannel(header).isClaimed = false
        case .end:
            guard payload.isEmpty else { throw .protocolViolation("an end with a payload") }
            try known(header).state.receiveEnd(&effects.wake)
        case .close:
            try receiveClose(header, payload, &effects)
        default: break
        }
    }

    private mutating func known(_ header: FrameHeader) throws(WireError) -> ChannelCore {
        guard let core = table.find(header.channel), core.state.isKnown else {
            throw .protocolViolation("\(header.type) for channel \(header.channel), which does not exist")
        }
        return core
    }

    private mutating func receiveMessage(
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer,
        _ effects: inout Effects
    ) throws(WireError) {
        let core = try known(header)
        switch try core.state.receive(header, payload, limit: limits.itemSize, &effects.wake) {
        case .nothing: break
        case .credit(let credit): sendCredit(credit, to: header.channel)
        case .bindings(let message, let cost): try apply(message, cost, to: core, &effects)
        }
    }

    private mutating func apply(
        _ message: WireBytes,
        _ cost: Int,
        to core: ChannelCore,
        _ effects: inout Effects
    ) throws(WireError) {
        let change = try BindingsMessage(decoding: message)
        let effective = core.state.bindings.apply(
            change.values,
            size: message.count - BindingsMessage.headSize,
            counter: change.counter,
            fromCoordinator: role == .agent
        )
        guard let effective else { throw .protocolViolation("more bindings than a channel may have") }
        if let credit = core.state.bindingsChanged(effective, cost: cost, &effects.wake) {
            sendCredit(credit, to: core.number)
        }
    }

    private mutating func receiveCredit(_ header: FrameHeader, _ payload: UnsafeRawBufferPointer) throws(WireError) {
        guard payload.count == 8 else { throw .protocolViolation("a credit frame of \(payload.count) bytes") }
        let core = try known(header)
        guard core.state.remote != .closed else { throw .protocolViolation("credit after its close") }
        guard core.state.sendQueue.grant(UInt64(bigEndian: payload.loadUnaligned(as: UInt64.self))) else {
            throw .protocolViolation("more credit than a channel may have")
        }
        joinRound(core)
    }

    private mutating func makePeerChannel(_ header: FrameHeader) throws(WireError) -> ChannelCore {
        let peerIsOdd = role == .agent
        guard table.count < limits.channels else { throw .protocolViolation("more than \(limits.channels) channels") }
        guard header.channel != 0, (header.channel % 2 == 1) == peerIsOdd, table[header.channel] == nil else {
            throw .protocolViolation("a new channel with the number \(header.channel)")
        }
        let core = ChannelCore(number: header.channel, attached: true, maximumWindow: limits.channelWindow)
        table[header.channel] = core
        return core
    }

    private mutating func receiveOpen(
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer,
        _ effects: inout Effects
    ) throws(WireError) {
        guard role == .agent else {
            throw .protocolViolation("a request to run a program on the coordinator, which is refused")
        }
        let begun = opening.removeValue(forKey: header.channel)
        if begun == nil { _ = try makePeerChannel(header) }
        var builder = begun ?? WireBytesBuilder()
        guard builder.count + payload.count <= LinkLimits.programSize else {
            throw .protocolViolation("a program larger than \(LinkLimits.programSize) bytes")
        }
        builder.append(payload)
        guard !header.flags.contains(.more) else {
            opening[header.channel] = builder
            return
        }
        effects.events.append(.opened(try known(header), builder.finish()))
    }

    private mutating func receiveClose(
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer,
        _ effects: inout Effects
    ) throws(WireError) {
        let core = try known(header)
        try checkBacklog()
        var failure: RemoteError?
        if !payload.isEmpty {
            let reason: Value = (try? Wire.decode(Value.self, from: payload)) ?? .null
            failure = RemoteError(wireValue: reason, gateway: nil)
        }
        try core.state.receiveClose(failure, &effects.wake)
        if core.state.answerClose(&effects.wake) { sendControl(.close, channel: core.number) }
        table[core.number] = nil
        opening[core.number] = nil
        keepUnclaimed(core)
        effects.events.append(.channelClosed(core))
    }

    private mutating func keepUnclaimed(_ core: ChannelCore) {
        guard !core.isClaimed, end == nil else { return }
        unclaimed[core.number] = core
        unclaimedSize += core.state.held
        while unclaimed.count > Multiplexer.maximumUnclaimed || unclaimedSize > Multiplexer.maximumUnclaimedSize {
            unclaimedSize -= unclaimed.removeFirst().value.state.held
        }
    }

    private mutating func receiveLinkFrame(
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer,
        _ effects: inout Effects
    ) throws(WireError) {
        guard header.flags.isEmpty else { throw .protocolViolation("flags on \(header.type)") }
        switch header.type {
        case .ping:
            guard payload.count <= 64 else { throw .protocolViolation("a ping of \(payload.count) bytes") }
            try checkBacklog()
            sendControl(.pong, payload)
        case .pong: break
        case .terminate:
            guard role == .agent else { throw .protocolViolation("terminate to a coordinator") }
            effects.events.append(.terminate(milliseconds: try Wire.decode(UInt64.self, from: payload)))
        default: try receiveLinkValue(header.type, try Wire.decode(Value.self, from: payload), &effects)
        }
    }

    private mutating func receiveLinkValue(
        _ type: FrameType,
        _ value: Value,
        _ effects: inout Effects
    ) throws(WireError) {
        switch type {
        case .hello:
            guard !heardHello else { throw .protocolViolation("a second hello") }
            heardHello = true
            effects.events.append(.hello(value))
        case .query:
            guard let number = value[0]?.unsigned, let name = value[1]?.string else {
                throw .protocolViolation("a query of another form")
            }
            try checkBacklog()
            effects.events.append(.query(number: number, name: name))
        case .answer:
            guard let number = value[0]?.unsigned, let answer = value[1] else {
                throw .protocolViolation("an answer of another form")
            }
            effects.events.append(.answer(number: number, answer))
        case .log: effects.events.append(.log(value))
        case .goodbye:
            effects.events.append(.goodbye(code: value["code"]?.string ?? "", message: value["message"]?.string ?? ""))
        default: break
        }
    }

    /// A peer that asks and does not read the answers must not fill this side's memory.
    private func checkBacklog() throws(WireError) {
        guard filling.count <= limits.answerBacklog else {
            throw .protocolViolation("requests without reading the answers")
        }
    }
}

extension FrameType {
    /// Whether the frame belongs to the link rather than to a channel.
    var isOfLink: Bool { rawValue < FrameType.open.rawValue }
    /// Whether its message may come in several frames.
    var mayBeFragmented: Bool { self == .item || self == .bindings || self == .open }
}
