//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import ExecnetWire
import Testing

extension WireBytes {
    static func filled(_ count: Int, with byte: UInt8 = 7) -> WireBytes {
        WireBytes([UInt8](repeating: byte, count: count))
    }
}

extension OutboundBuffer {
    func append(raw bytes: [UInt8]) { bytes.withUnsafeBytes { append(raw: $0) } }

    /// All that is to be written.
    var bytes: [UInt8] { withPieces(from: 0) { $0.flatMap { [UInt8]($0) } } }
}

/// The bytes of one frame.
func frame(_ type: FrameType, _ channel: UInt64 = 0, _ payload: [UInt8] = [], _ flags: FrameFlags = []) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: FrameHeader.size)
    bytes.withUnsafeMutableBytes { target in
        guard let base = target.baseAddress else { return }
        FrameHeader(length: UInt32(payload.count), type: type, flags: flags, channel: channel).write(to: base)
    }
    return bytes + payload
}

func bigEndian(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { [UInt8]($0) } }

/// The smallest hello that is one.
func hello() throws -> [UInt8] { frame(.hello, 0, try encoded(["protocol": [1, 1]])) }

func encoded(_ value: Value) throws -> [UInt8] { try Wire.encode(value).array }

/// One frame, taken apart.
struct SentFrame: Equatable {
    var header: FrameHeader
    var payload: [UInt8]
    var type: FrameType { header.type }
    var channel: UInt64 { header.channel }
}

func frames(of bytes: [UInt8]) throws -> [SentFrame] {
    var result: [SentFrame] = []
    var rest = bytes[...]
    while !rest.isEmpty {
        let header = try [UInt8](rest.prefix(16)).withUnsafeBytes { try FrameHeader(parsing: $0) }
        rest = rest.dropFirst(16)
        result.append(SentFrame(header: header, payload: [UInt8](rest.prefix(Int(header.length)))))
        rest = rest.dropFirst(Int(header.length))
    }
    return result
}

/// One multiplexer and what it wants done.
struct Side {
    var multiplexer: Multiplexer
    var effects = Effects()
    var wake = Wakeups()

    init(_ role: LinkRole, limits: LinkLimits = LinkLimits(), greeted: Bool = true) throws {
        multiplexer = Multiplexer(role: role, limits: limits)
        if greeted { try receive(try hello()) }
        effects.removeAll()
    }

    mutating func receive(_ bytes: [UInt8], pieces: Int = .max) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = [UInt8](rest.prefix(pieces))
            rest = rest.dropFirst(piece.count)
            try piece.withUnsafeBytes {
                try multiplexer.receive($0, &effects)
                passOn()
            }
        }
    }

    /// Passes on what has come for sinks, as the endpoint does.
    private mutating func passOn() {
        for item in effects.passed {
            let done =
                item.whole.map { $0.withUnsafeBytes { item.sink.received($0, cost: item.cost) } }
                ?? item.sink.received(item.bytes, cost: item.cost)
            if done > 0 { multiplexer.release(done, of: item.core) }
        }
        effects.passed = []
    }

    mutating func output() -> [UInt8]? { multiplexer.takeOutput(&wake).map { [UInt8]($0.bytes) } }

    /// All that there is to write now.
    mutating func drain() -> [UInt8] {
        var bytes: [UInt8] = []
        while let more = output() { bytes += more }
        return bytes
    }

    mutating func send(_ payload: WireBytes, _ type: FrameType = .item, on core: ChannelCore, waiter: Waiter? = nil) {
        guard !multiplexer.sendAtOnce(type, payload, on: core) else { return }
        multiplexer.enqueue(OutgoingMessage(type: type, payload: payload, waiter: waiter), on: core)
    }

    mutating func close(_ core: ChannelCore, with error: RemoteError? = nil) {
        multiplexer.close(core, with: error, &wake)
    }

    /// The next item, if one is here.
    mutating func item(from core: ChannelCore) -> WireBytes? {
        if case .item(let payload, _) = multiplexer.take(from: core) { return payload }
        return nil
    }

    mutating func set(_ values: [String: Value], on core: ChannelCore) throws {
        let map = try Wire.encode(Value(values))
        let counter = try core.state.bindings.set(
            values,
            size: map.count,
            asCoordinator: multiplexer.role == .coordinator
        )
        send(BindingsMessage.encode(counter: counter, encodedValues: map), .bindings, on: core)
    }
}

/// A coordinator and an agent that have greeted each other, with nothing between them but this.
struct Pair {
    var coordinator: Side
    var agent: Side
    var pieces = Int.max

    init(pieces: Int = .max, agentLimits: LinkLimits = LinkLimits()) throws {
        self.pieces = pieces
        coordinator = try Side(.coordinator)
        agent = try Side(.agent, limits: agentLimits)
    }

    /// Moves bytes both ways until there are none.
    mutating func pump() throws {
        while true {
            let there = coordinator.drain()
            let back = agent.drain()
            if there.isEmpty, back.isEmpty { return }
            try agent.receive(there, pieces: pieces)
            try coordinator.receive(back, pieces: pieces)
        }
    }

    /// Opens a channel with a program; both ends of it.
    mutating func open(_ program: WireBytes = .filled(5)) throws -> (coordinator: ChannelCore, agent: ChannelCore) {
        let core = coordinator.multiplexer.makeChannel(attached: true)
        coordinator.send(program, .open, on: core)
        try pump()
        return (core, try #require(agent.multiplexer.channel(core.number)))
    }

    var isEmpty: Bool { coordinator.multiplexer.channelCount == 0 && agent.multiplexer.channelCount == 0 }
}
