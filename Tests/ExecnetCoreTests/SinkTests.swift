//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetTestSupport
import ExecnetWire
import Synchronization
import Testing

/// Notes what it is told; says of nothing that it is done with it.
final class TestSink: ChannelSink {
    enum Event: Equatable { case item([UInt8], cost: Int), end, closed(String) }

    private let events = Mutex<[Event]>([])
    private let isDone: Bool

    init(isDone: Bool = true) { self.isDone = isDone }

    func received(_ item: UnsafeRawBufferPointer, cost: Int) -> Int {
        events.withLock { $0.append(.item([UInt8](item), cost: cost)) }
        return isDone ? cost : 0
    }

    func receivedEnd() { events.withLock { $0.append(.end) } }

    func closed(_ end: ChannelEnd) {
        let text =
            switch end {
            case .finished: ""
            case .failed(let error): error.message
            case .lost(let error): error.message
            }
        events.withLock { $0.append(.closed(text)) }
    }

    /// What it was told since it was asked last.
    func told() -> [Event] {
        events.withLock { events in
            defer { events = [] }
            return events
        }
    }
}

/// The pure side: what a multiplexer passes on, and what it gives credit for.
struct SinkStateTests {
    /// A channel whose items the agent passes on from now on.
    private func passing(_ pair: inout Pair, _ sink: TestSink) throws -> (mine: ChannelCore, theirs: ChannelCore) {
        let (mine, theirs) = try pair.open()
        theirs.sink = sink
        guard case .begun = theirs.state.beginPassingOn() else { throw Unexpected() }
        return (mine, theirs)
    }

    private struct Unexpected: Error {}

    @Test(.timeLimit(.minutes(1)), arguments: [1, 7, 1_000, Int.max])
    func itemsArePassedOnInOrderAndNotKept(pieces: Int) throws {
        var pair = try Pair(pieces: pieces)
        let sink = TestSink()
        let (mine, theirs) = try passing(&pair, sink)
        for byte in 1...5 { pair.coordinator.send(.filled(100 * byte, with: UInt8(byte)), on: mine) }
        try pair.pump()
        let expected = (1...5).map { byte in
            TestSink.Event.item(
                [UInt8](repeating: UInt8(byte), count: 100 * byte),
                cost: 100 * byte + ReceiveWindow.frameCost
            )
        }
        #expect(sink.told() == expected)
        let kept = pair.agent.item(from: theirs)
        #expect(kept == nil)
    }

    @Test(.timeLimit(.minutes(1))) func whatCameBeforeIsPassedOnFirst() throws {
        var pair = try Pair()
        let (mine, theirs) = try pair.open()
        pair.coordinator.send(.filled(10), on: mine)
        try pair.pump()
        guard case .item(let item, let cost) = theirs.state.beginPassingOn() else { throw Unexpected() }
        #expect(item == .filled(10) && cost == 10 + ReceiveWindow.frameCost)
        // Until all of it has been, what comes waits behind it.
        pair.coordinator.send(.filled(11), on: mine)
        try pair.pump()
        guard case .item(let next, _) = theirs.state.beginPassingOn() else { throw Unexpected() }
        #expect(next == .filled(11))
        guard case .begun = theirs.state.beginPassingOn() else { throw Unexpected() }
        let passesOn = theirs.state.passesOn
        #expect(passesOn)
    }

    @Test(.timeLimit(.minutes(1))) func anItemInFragmentsIsPassedOnWhole() throws {
        var pair = try Pair()
        let sink = TestSink()
        let (mine, _) = try passing(&pair, sink)
        // More than a window: the sink waits for the rest, so credit comes.
        pair.coordinator.send(.filled(1_000_000), on: mine)
        try pair.pump()
        guard case .item(let bytes, _)? = sink.told().first else { throw Unexpected() }
        #expect(bytes == [UInt8](repeating: 7, count: 1_000_000))
    }

    @Test(.timeLimit(.minutes(1))) func creditComesOnlyForWhatTheSinkIsDoneWith() throws {
        var pair = try Pair()
        let sink = TestSink(isDone: false)
        let (mine, theirs) = try passing(&pair, sink)
        for _ in 0..<20 { pair.coordinator.send(.filled(60_000), on: mine) }
        try pair.pump()
        let told = sink.told()
        // What is left of the window takes a part of one more item.
        #expect(told.count == ReceiveWindow.initial / 60_064)
        let held = theirs.state.held
        #expect(held >= told.count * 60_064)
        pair.agent.multiplexer.release(told.count * 60_064, of: theirs)
        try pair.pump()
        #expect(sink.told().count > told.count)
    }

    @Test(.timeLimit(.minutes(1))) func bindingsDoNotGoToTheSink() throws {
        var pair = try Pair()
        let sink = TestSink()
        let (mine, theirs) = try passing(&pair, sink)
        try pair.coordinator.set(["a": 1], on: mine)
        try pair.pump()
        let value = theirs.state.bindings.value(of: "a")
        #expect(value == 1)
        #expect(sink.told() == [])
    }
}

/// Items whose bytes lie in the buffer of another link.
struct ForwardedBytesTests {
    /// A buffer with frames large and small, and all of its bytes.
    private func buffer() -> (OutboundBuffer, [UInt8]) {
        let buffer = OutboundBuffer(capacity: 16)
        for (size, byte) in [(5, 1), (60_000, 2), (0, 3), (20_000, 4), (16_384, 5), (100, 6)] {
            let payload = WireBytes.filled(size, with: UInt8(byte))
            let header = FrameHeader(length: UInt32(size), type: .item, flags: [], channel: UInt64(byte))
            buffer.append(header, payload, 0..<size)
        }
        return (buffer, buffer.bytes)
    }

    @Test(.timeLimit(.minutes(1))) func anyPartOfABufferCanBeAppended() {
        let (source, bytes) = buffer()
        var random = SplitMix(state: 3)
        for _ in 0..<300 {
            let bounds = [
                Int.random(in: 0...bytes.count, using: &random), Int.random(in: 0...bytes.count, using: &random),
            ]
            let range = min(bounds[0], bounds[1])..<max(bounds[0], bounds[1])
            let target = OutboundBuffer()
            target.append(raw: [9, 9])
            target.append(from: source, range)
            target.append(raw: [8])
            #expect(target.bytes == [9, 9] + bytes[range] + [8])
            #expect(target.count == range.count + 3)
        }
    }

    @Test(.timeLimit(.minutes(1))) func partsTravelAsByteStringsOfOneFrame() throws {
        let (source, bytes) = buffer()
        var pair = try Pair()
        let (mine, theirs) = try pair.open()
        let cuts = [0, 3, 65_536, bytes.count]
        let isSent = pair.coordinator.multiplexer.sendAtOnce(ForwardedBytes(source, 0..<3), on: mine)
        #expect(isSent)
        let waiter = Waiter()
        for (start, end) in zip(cuts, cuts.dropFirst()).dropFirst() {
            let message = OutgoingMessage(forwarding: ForwardedBytes(source, start..<end), waiter: waiter)
            pair.coordinator.multiplexer.enqueue(message, on: mine)
        }
        try pair.pump()
        for (start, end) in zip(cuts, cuts.dropFirst()) {
            let item = pair.agent.item(from: theirs)
            #expect(try Wire.decode(Value.self, from: #require(item)).bytes == [UInt8](bytes[start..<end]))
        }
        #expect(pair.coordinator.wake.waiters.contains { $0 === waiter } && waiter.isDone)
    }

    @Test(.timeLimit(.minutes(1))) func aWholeItemWaitsForCreditRatherThanBeCut() throws {
        var pair = try Pair()
        let (mine, theirs) = try pair.open()
        for _ in 0..<6 {
            pair.coordinator.multiplexer.enqueue(OutgoingMessage(whole: .filled(60_000), waiter: nil), on: mine)
        }
        let sent = try frames(of: pair.coordinator.drain())
        #expect(sent.count == ReceiveWindow.initial / 60_064)
        #expect(sent.allSatisfy { $0.header.flags == [] && $0.payload.count == 60_000 })
        for frame in sent { try pair.agent.receive(ExecnetCoreTests.frame(.item, mine.number, frame.payload)) }
        while pair.agent.item(from: theirs) != nil { try pair.pump() }
        let isEmpty = mine.state.sendQueue.isEmpty
        #expect(isEmpty)
    }
}
