//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetWire
import Testing

struct ChannelStateTests: ~Copyable {
    private var state = ChannelState(attached: true, maximumWindow: 1 << 20)
    private var wake = Wakeups()
    private let failure = RemoteError(type: "Oops", message: "no")

    private mutating func receive(_ payload: [UInt8], _ flags: FrameFlags = [], type: FrameType = .item) throws
        -> ChannelState.Received
    {
        let header = FrameHeader(length: UInt32(payload.count), type: type, flags: flags, channel: 1)
        return try payload.withUnsafeBytes { try state.receive(header, $0, limit: 1_000_000, &wake) }
    }

    private mutating func takeItem() -> [UInt8]? {
        if case .item(let payload, _) = state.take() { return payload.array }
        return nil
    }

    private mutating func takeEnd() -> ChannelEnd? {
        if case .end(let end) = state.take() { return end }
        return nil
    }

    @Test(.timeLimit(.minutes(1))) mutating func startsOpen() throws {
        #expect(state.local == .open && state.remote == .open && state.end == nil)
        try state.checkSend()
        guard case .wait(credit: nil) = state.take() else { return #expect(Bool(false), "nothing has come") }
    }

    @Test(.timeLimit(.minutes(1))) mutating func endSendsNoMoreButReceives() throws {
        #expect(state.endSending() == true)
        #expect(state.endSending() == false)
        #expect(throws: ChannelError.self) { try state.checkSend() }
        _ = try receive([1])
        #expect(takeItem() == [1])
    }

    @Test(.timeLimit(.minutes(1))) mutating func endOfTheOtherSideComesAfterItsItems() throws {
        _ = try receive([1])
        _ = try receive([2])
        try state.receiveEnd(&wake)
        #expect(takeItem() == [1] && takeItem() == [2])
        guard case .finished = takeEnd() else { return #expect(Bool(false), "the end") }
        try state.checkSend()
        #expect(throws: WireError.self) { try state.receiveEnd(&wake) }
        #expect(throws: WireError.self) { try receive([3]) }
    }

    @Test(.timeLimit(.minutes(1))) mutating func errorComesAfterItems() throws {
        _ = try receive([1])
        try state.receiveClose(failure, &wake)
        #expect(state.answerClose(&wake) && !state.answerClose(&wake))
        #expect(takeItem() == [1])
        for _ in 0..<2 {
            guard case .failed(let error) = takeEnd() else { return #expect(Bool(false), "the error") }
            #expect(error == failure)
        }
        let error = #expect(throws: ChannelError.self) { try state.checkSend() }
        #expect(error?.code == .closed && error?.message.contains("Oops") == true)
    }

    @Test(.timeLimit(.minutes(1))) mutating func errorAfterAMereEndCounts() throws {
        try state.receiveEnd(&wake)
        try state.receiveClose(failure, &wake)
        guard case .failed = takeEnd() else { return #expect(Bool(false), "the error") }
        #expect(throws: WireError.self) { try state.receiveClose(nil, &wake) }
    }

    @Test(.timeLimit(.minutes(1))) mutating func closeWithoutErrorAfterAnEndIsFine() throws {
        try state.receiveEnd(&wake)
        try state.receiveClose(nil, &wake)
        guard case .finished = takeEnd() else { return #expect(Bool(false), "the end") }
    }

    @Test(.timeLimit(.minutes(1))) mutating func closeDropsWhatIsHere() throws {
        _ = try receive([1])
        let sender = Waiter()
        state.sendQueue.append(OutgoingMessage(type: .item, payload: .filled(3), waiter: sender))
        #expect(state.close(&wake) && !state.close(&wake))
        #expect(wake.waiters.contains { $0 === sender })
        #expect(state.local == .closed && state.closedHere && state.sendQueue.isEmpty)
        guard case .finished = takeEnd() else { return #expect(Bool(false), "no item") }
        #expect(throws: ChannelError.self) { try state.checkSend() }
    }

    @Test(.timeLimit(.minutes(1))) mutating func afterCloseItemsAreThrownAwayAndErrorsIgnored() throws {
        _ = state.close(&wake)
        guard case .nothing = try receive([1]) else { return #expect(Bool(false), "ignored") }
        try state.receiveClose(failure, &wake)
        guard case .finished = takeEnd() else { return #expect(Bool(false), "own close") }
        #expect(state.answerClose(&wake) == false)
    }

    @Test(.timeLimit(.minutes(1))) mutating func losingTheLinkComesAfterItems() throws {
        _ = try receive([1])
        state.lose(GatewayError(.agentEnded, "gone"), &wake)
        #expect(takeItem() == [1])
        guard case .lost(let error) = takeEnd() else { return #expect(Bool(false), "lost") }
        #expect(error.code == .agentEnded)
        #expect(throws: ChannelError.self) { try state.checkSend() }
    }

    @Test(.timeLimit(.minutes(1))) mutating func losingTheLinkLeavesAnEarlierEnd() throws {
        try state.receiveClose(failure, &wake)
        state.lose(GatewayError(.agentEnded, "gone"), &wake)
        guard case .failed = takeEnd() else { return #expect(Bool(false), "failed") }
    }

    @Test(.timeLimit(.minutes(1))) mutating func fragmentsBecomeOneItem() throws {
        _ = try receive([1, 2], .more)
        _ = try receive([], .more)
        #expect(takeItem() == nil)
        _ = try receive([3])
        #expect(takeItem() == [1, 2, 3])
    }

    @Test(.timeLimit(.minutes(1))) mutating func abandonedFragmentsVanish() throws {
        _ = try receive([1, 2], .more)
        _ = try receive([], .abandon)
        _ = try receive([9])
        #expect(takeItem() == [9])
    }

    @Test(.timeLimit(.minutes(1))) mutating func messagesMustNotMix() throws {
        _ = try receive([1, 2], .more)
        #expect(throws: WireError.self) { try receive([3], type: .bindings) }
    }

    @Test(.timeLimit(.minutes(1))) mutating func messagesHaveALimit() throws {
        let piece = [UInt8](repeating: 0, count: 60_000)
        let error = #expect(throws: WireError.self) {
            for _ in 0..<100 {
                _ = try receive(piece, .more)
                _ = state.take()
            }
        }
        #expect(error?.message.contains("larger than") == true)
    }

    @Test(.timeLimit(.minutes(1))) mutating func aWaiterGetsTheRestOfALargeItem() throws {
        let piece = [UInt8](repeating: 0, count: 65_472)
        for _ in 0..<4 { _ = try receive(piece, .more) }
        #expect(throws: WireError.self) { try receive([1], .more) }
        guard case .wait(credit: let credit?) = state.take() else { return #expect(Bool(false), "credit for the rest") }
        #expect(credit >= 262_144)
        guard case .wait(credit: nil) = state.take() else { return #expect(Bool(false), "only once") }
        _ = try receive([1])
        #expect(takeItem()?.count == 4 * 65_472 + 1)
    }

    @Test(.timeLimit(.minutes(1))) mutating func aSubscriberGetsTheRestOfALargeItem() throws {
        state.takesItems = true
        let piece = [UInt8](repeating: 0, count: 65_472)
        for _ in 0..<4 { _ = try receive(piece, .more) }
        let (delivery, credit) = state.takeDelivery()
        #expect(delivery.isNone)
        #expect((credit ?? 0) >= 262_144)
    }

    @Test(.timeLimit(.minutes(1))) mutating func itemsAndBindingsAreDeliveredInOrder() throws {
        state.takesItems = true
        state.keepsBindingChanges = true
        _ = try receive([1])
        _ = state.bindingsChanged(["a": 1], cost: 64, &wake)
        _ = try receive([2])
        _ = state.bindingsChanged(["a": 2], cost: 64, &wake)
        try state.receiveClose(nil, &wake)
        var seen: [String] = []
        while let delivery = state.takeDelivery().0 {
            switch delivery {
            case .item(let payload): seen.append("\(payload.array)")
            case .bindings(let values): seen.append("\(values)")
            case .end: seen.append("end")
            }
            if case .end = delivery { break }
        }
        #expect(seen == ["[1]", "\(["a": 1] as [String: Value])", "[2]", "\(["a": 2] as [String: Value])", "end"])
    }

    @Test(.timeLimit(.minutes(1))) mutating func deliveryOfBindingsLeavesItems() throws {
        state.keepsBindingChanges = true
        _ = try receive([1])
        _ = state.bindingsChanged(["a": 1], cost: 64, &wake)
        guard case (.bindings, _) = state.takeDelivery() else { return #expect(Bool(false), "bindings") }
        #expect(state.takeDelivery().0.isNone)
        #expect(takeItem() == [1])
    }

    @Test(.timeLimit(.minutes(1))) mutating func oneItemWakesOneReceiver() throws {
        let first = Waiter()
        let second = Waiter()
        state.addWaiter(first, for: .item)
        state.addWaiter(second, for: .item)
        _ = try receive([1])
        #expect(wake.waiters.map(ObjectIdentifier.init) == [ObjectIdentifier(first)])
        #expect(!state.removeWaiter(first, for: .item) && state.removeWaiter(second, for: .item))
    }

    @Test(.timeLimit(.minutes(1))) mutating func deliveryDoesNotStealTheWakeUp() throws {
        let delivering = Waiter()
        let receiver = Waiter()
        #expect(state.beginDelivery() && !state.beginDelivery())
        state.addWaiter(delivering, for: .item)
        state.addWaiter(receiver, for: .item)
        _ = try receive([1])
        #expect(wake.waiters.contains { $0 === receiver })
    }

    @Test(.timeLimit(.minutes(1))) mutating func anEndWakesAll() throws {
        let waiters = [Waiter(), Waiter(), Waiter(), Waiter()]
        for (waiter, kind) in zip(waiters, [WaitKind.item, .item, .binding, .end]) {
            state.addWaiter(waiter, for: kind)
        }
        try state.receiveEnd(&wake)
        #expect(Set(wake.waiters.map(ObjectIdentifier.init)) == Set(waiters.map(ObjectIdentifier.init)))
    }

    @Test(.timeLimit(.minutes(1))) mutating func anEndInsideAMessageIsRefused() throws {
        _ = try receive([1], .more)
        #expect(throws: WireError.self) { try state.receiveEnd(&wake) }
    }
}

extension Optional {
    fileprivate var isNone: Bool {
        if case .none = self { return true }
        return false
    }
}
