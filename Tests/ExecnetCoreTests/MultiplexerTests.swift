//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetTestSupport
import ExecnetWire
import Testing

struct MultiplexerTests {
    @Test(.timeLimit(.minutes(1)), arguments: [1, 7, 16, 17, Int.max])
    func item56ItemsPassBothWaysInAnyPieces(_ pieces: Int) throws {
        var pair = try Pair(pieces: pieces)
        let (mine, theirs) = try pair.open()
        let sizes = [0, 1, 15, 16, 17, 65_535, 65_536, 65_537, 100_000]
        for (index, size) in sizes.enumerated() {
            let payload = WireBytes.filled(size, with: UInt8(index))
            pair.coordinator.send(payload, on: mine)
            pair.agent.send(payload, on: theirs)
            try pair.pump()
            #expect(pair.agent.item(from: theirs) == payload)
            #expect(pair.coordinator.item(from: mine) == payload)
        }
    }

    @Test(.timeLimit(.minutes(1))) func openCarriesTheProgramInFragments() throws {
        var pair = try Pair(pieces: 16)
        let program = WireBytes.filled(200_000, with: 3)
        let (mine, theirs) = try pair.open(program)
        guard case .opened(let core, let payload)? = pair.agent.effects.events.last else {
            return #expect(Bool(false), "opened")
        }
        #expect(core === theirs && payload == program && mine.number == 1)
    }

    @Test(.timeLimit(.minutes(1))) func creditBoundsWhatIsUnderWay() throws {
        var pair = try Pair()
        let (mine, theirs) = try pair.open()
        for _ in 0..<100 { pair.coordinator.send(.filled(10_000), on: mine) }
        try pair.pump()
        #expect(!mine.state.sendQueue.isEmpty)
        #expect(mine.state.sendQueue.credit < 16_384)
        var received = 0
        while pair.agent.item(from: theirs) != nil {
            received += 1
            try pair.pump()
        }
        #expect(received == 100)
        #expect(mine.state.sendQueue.isEmpty)
    }

    @Test(.timeLimit(.minutes(1))) func itemsLargerThanTheWindowPassToWhoWaits() throws {
        var pair = try Pair()
        let (mine, theirs) = try pair.open()
        let payload = WireBytes.filled(5_000_000)
        pair.coordinator.send(payload, on: mine)
        var found: WireBytes?
        for _ in 0..<1_000 where found == nil {
            try pair.pump()
            found = pair.agent.item(from: theirs)
        }
        #expect(found == payload)
    }

    @Test(.timeLimit(.minutes(1))) func channelsTakeTurnsByFragment() throws {
        var pair = try Pair()
        var channels: [ChannelCore] = []
        for _ in 0..<3 { channels.append(try pair.open().coordinator) }
        for core in channels { pair.coordinator.send(.filled(200_000), on: core) }
        let order = try frames(of: pair.coordinator.drain()).map(\.channel)
        #expect(order.prefix(9) == [1, 3, 5, 1, 3, 5, 1, 3, 5])
    }

    @Test(.timeLimit(.minutes(1))) func framesOfTheLinkGoAheadOfBulk() throws {
        var pair = try Pair()
        let (mine, _) = try pair.open()
        pair.coordinator.send(.filled(240_000), on: mine)
        _ = pair.coordinator.output()
        try pair.coordinator.receive(frame(.ping, 0, [1, 2, 3]))
        let next = try frames(of: pair.coordinator.output() ?? [])
        #expect(next.first?.type == .pong && next.first?.payload == [1, 2, 3])
        #expect(next.dropFirst().contains { $0.type == .item })
    }

    @Test(.timeLimit(.minutes(1))) func oneWriteTakesLittleBulk() throws {
        var pair = try Pair()
        var channels: [ChannelCore] = []
        for _ in 0..<50 { channels.append(try pair.open().coordinator) }
        for core in channels { pair.coordinator.send(.filled(100_000), on: core) }
        while let output = pair.coordinator.output() { #expect(output.count <= 131_072 + 65_552) }
    }

    @Test(.timeLimit(.minutes(1))) func abandonedItemIsNeverSeen() throws {
        var pair = try Pair()
        let (mine, theirs) = try pair.open()
        let waiter = Waiter()
        pair.coordinator.send(.filled(1_000_000), on: mine, waiter: waiter)
        pair.coordinator.send(.filled(3), on: mine)
        try pair.pump()
        #expect(pair.coordinator.multiplexer.abandon(waiter, of: .item, on: mine) == true)
        #expect(pair.coordinator.multiplexer.abandon(waiter, of: .item, on: mine) == false)
        var found: WireBytes?
        for _ in 0..<10 where found == nil {
            found = pair.agent.item(from: theirs)
            try pair.pump()
        }
        #expect(found == .filled(3))
        for _ in 0..<100 {
            pair.coordinator.send(.filled(10_000), on: mine)
            try pair.pump()
            #expect(pair.agent.item(from: theirs)?.count == 10_000)
        }
    }

    @Test(.timeLimit(.minutes(1))) func attachMakesAChannelKnown() throws {
        var pair = try Pair()
        let (mine, theirs) = try pair.open()
        let fresh = pair.agent.multiplexer.makeChannel(attached: false)
        pair.agent.send(.filled(4), on: fresh)
        try pair.pump()
        #expect(pair.coordinator.multiplexer.channel(fresh.number) == nil && fresh.number == 2)
        pair.agent.multiplexer.attach(fresh, beside: theirs.number)
        try pair.pump()
        let other = try #require(pair.coordinator.multiplexer.channel(fresh.number))
        #expect(pair.coordinator.item(from: other) == .filled(4))
        #expect(mine.number == 1)
    }

    @Test(.timeLimit(.minutes(1))) func endBeforeAttachWaits() throws {
        var pair = try Pair()
        let (mine, _) = try pair.open()
        let fresh = pair.coordinator.multiplexer.makeChannel(attached: false)
        pair.coordinator.send(.filled(4), on: fresh)
        pair.coordinator.multiplexer.endSending(on: fresh)
        #expect(pair.coordinator.drain() == [])
        pair.coordinator.multiplexer.attach(fresh, beside: mine.number)
        try pair.pump()
        let other = try #require(pair.agent.multiplexer.channel(fresh.number))
        #expect(pair.agent.item(from: other) == .filled(4))
        #expect(other.state.remote == .ended)
    }

    @Test(.timeLimit(.minutes(1))) func closeBeforeAttachSaysNothing() throws {
        var pair = try Pair()
        let fresh = pair.coordinator.multiplexer.makeChannel(attached: false)
        pair.coordinator.close(fresh)
        #expect(pair.coordinator.drain() == [] && pair.isEmpty)
    }

    @Test(.timeLimit(.minutes(1))) func halfCloseLeavesTheOtherDirection() throws {
        var pair = try Pair()
        let (mine, theirs) = try pair.open()
        pair.coordinator.send(.filled(300_000), on: mine)
        pair.coordinator.multiplexer.endSending(on: mine)
        try pair.pump()
        #expect(theirs.state.remote == .open)
        while pair.agent.item(from: theirs) == nil { try pair.pump() }
        try pair.pump()
        #expect(theirs.state.remote == .ended)
        pair.agent.send(.filled(1), on: theirs)
        try pair.pump()
        #expect(pair.coordinator.item(from: mine) == .filled(1))
    }

    @Test(.timeLimit(.minutes(1))) func closeIsAnsweredAndBothForget() throws {
        var pair = try Pair()
        let (mine, theirs) = try pair.open()
        pair.agent.send(.filled(6), on: theirs)
        pair.agent.close(theirs, with: RemoteError(type: "Oops", message: "no"))
        try pair.pump()
        #expect(pair.isEmpty)
        #expect(pair.coordinator.item(from: mine) == .filled(6))
        guard case .end(.failed(let error)) = pair.coordinator.multiplexer.take(from: mine) else {
            return #expect(Bool(false), "the error")
        }
        #expect(error.type == "Oops")
        #expect(pair.coordinator.drain() == [])
    }

    @Test(.timeLimit(.minutes(1))) func closingBothSidesAtOnceLeavesNothing() throws {
        var pair = try Pair()
        for _ in 0..<20 {
            let (mine, theirs) = try pair.open()
            for _ in 0..<40 {
                pair.coordinator.send(.filled(10_000), on: mine)
                pair.agent.send(.filled(10_000), on: theirs)
            }
            pair.coordinator.close(mine)
            pair.agent.close(theirs, with: RemoteError(type: "", message: "x"))
        }
        try pair.pump()
        #expect(pair.isEmpty)
    }

    @Test(.timeLimit(.minutes(1))) func hugeErrorsFitIntoAFrame() throws {
        var pair = try Pair()
        let (mine, theirs) = try pair.open()
        let long = String(repeating: "é", count: 100_000)
        pair.agent.close(theirs, with: RemoteError(type: long, message: long, trace: long))
        try pair.pump()
        guard case .end(.failed(let error)) = pair.coordinator.multiplexer.take(from: mine) else {
            return #expect(Bool(false), "the error")
        }
        #expect(error.message.hasPrefix("éé") && pair.isEmpty)
    }

    @Test(.timeLimit(.minutes(1))) func bindingsAgreeOverALink() throws {
        var random = SplitMix(state: 5)
        var pair = try Pair(pieces: 17)
        let (mine, theirs) = try pair.open()
        for round in 0..<300 {
            for step in 0..<3 {
                let name = ["a", "b"].randomElement(using: &random) ?? "a"
                if Bool.random(using: &random) { try pair.coordinator.set([name: Value(round * 10 + step)], on: mine) }
                if Bool.random(using: &random) { try pair.agent.set([name: Value(-round * 10 - step)], on: theirs) }
            }
            try pair.pump()
            #expect(mine.state.bindings.values == theirs.state.bindings.values)
        }
        #expect(mine.state.sendQueue.isEmpty && theirs.state.sendQueue.isEmpty)
    }

    @Test(.timeLimit(.minutes(1))) func theEndOfTheLinkEndsAllChannels() throws {
        var pair = try Pair()
        let (mine, _) = try pair.open()
        let waiter = Waiter()
        pair.coordinator.send(.filled(1_000_000), on: mine, waiter: waiter)
        pair.coordinator.multiplexer.finish(GatewayError(.agentEnded, "gone"), &pair.coordinator.wake)
        #expect(pair.coordinator.wake.waiters.contains { $0 === waiter })
        let late = pair.coordinator.multiplexer.makeChannel(attached: false)
        for core in [mine, late] {
            guard case .end(.lost) = pair.coordinator.multiplexer.take(from: core) else {
                return #expect(Bool(false), "lost")
            }
        }
        pair.coordinator.multiplexer.sendControl(.ping)
        #expect(pair.coordinator.drain() == [] && pair.coordinator.multiplexer.channelCount == 0)
        try pair.coordinator.receive([1, 2, 3])
    }

    @Test(.timeLimit(.minutes(1))) func aChannelClosedBeforeItsItemIsTakenIsStillFound() throws {
        var pair = try Pair()
        let (_, theirs) = try pair.open()
        let fresh = pair.agent.multiplexer.makeChannel(attached: false)
        pair.agent.multiplexer.attach(fresh, beside: theirs.number)
        pair.agent.send(.filled(4), on: fresh)
        pair.agent.close(fresh)
        try pair.pump()
        let claimed = pair.coordinator.multiplexer.claim(fresh.number)
        let other = try #require(claimed)
        #expect(pair.coordinator.item(from: other) == .filled(4))
        #expect(pair.coordinator.multiplexer.claim(fresh.number) == nil)
    }
    @Test(.timeLimit(.minutes(1))) func closedChannelsThatNobodyClaimsHoldLittle() throws {
        var pair = try Pair()
        let (_, theirs) = try pair.open()
        var numbers: [UInt64] = []
        for _ in 0..<300 {
            let fresh = pair.agent.multiplexer.makeChannel(attached: false)
            numbers.append(fresh.number)
            pair.agent.multiplexer.attach(fresh, beside: theirs.number)
            for _ in 0..<4 { pair.agent.send(.filled(60_000), on: fresh) }
            try pair.pump()
            pair.agent.close(fresh)
            try pair.pump()
        }
        let kept = numbers.filter { pair.coordinator.multiplexer.claim($0) != nil }
        #expect(kept == numbers.suffix(kept.count))
        #expect(kept.count == Multiplexer.maximumUnclaimedSize / (4 * (60_000 + ReceiveWindow.frameCost)))
    }
}
