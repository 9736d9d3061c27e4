//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetWire
import OrderedCollections

/// What the other side sends: frames in any pieces, each checked before it has an effect.
extension Multiplexer {
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
        try Multiplexer.withPayload(of: frame) { payload throws(WireError) in
            let before = effects.passed.count
            try receive(header, payload, &effects)
            if effects.passed.count > before { effects.passed[before].keep() }
        }
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
        case .passOn(let whole, let cost):
            guard let sink = core.sink else { break }
            effects.passed.append(
                Effects.Passed(sink: sink, core: core, whole: whole, bytes: payload, cost: cost)
            )
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
