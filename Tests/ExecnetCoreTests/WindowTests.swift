//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetTestSupport
import ExecnetWire
import Testing

struct ReceiveWindowTests {
    @Test(.timeLimit(.minutes(1))) func refusesMoreThanTheProtocolGrants() {
        var window = ReceiveWindow(maximum: 2 << 20)
        #expect(window.receive(ReceiveWindow.initial) == true)
        #expect(window.receive(1) == false)
        #expect(window.held == ReceiveWindow.initial)
    }

    @Test(.timeLimit(.minutes(1))) func givesBackAtHalf() {
        var window = ReceiveWindow(maximum: ReceiveWindow.initial)
        #expect(window.receive(200_000) == true)
        #expect(window.take(131_071) == nil)
        #expect(window.take(1) == 131_072)
        #expect(window.outstanding + window.held == ReceiveWindow.initial)
    }

    @Test(.timeLimit(.minutes(1))) func growsWithUseUpToItsMaximum() {
        var window = ReceiveWindow(maximum: 1 << 20)
        for _ in 0..<20 {
            let all = window.outstanding
            #expect(window.receive(all) == true)
            #expect(window.take(all) != nil)
        }
        #expect(window.outstanding == 1 << 20)
    }

    @Test(.timeLimit(.minutes(1))) func neverPromisesMoreThanItsSize() {
        var random = SplitMix(state: 1)
        var window = ReceiveWindow(maximum: 1 << 19)
        var waiting: [Int] = []
        for _ in 0..<20_000 {
            if Bool.random(using: &random), let cost = waiting.popLast() {
                _ = window.take(cost)
            } else {
                let cost = Int.random(in: 64...70_000, using: &random)
                if window.receive(cost) { waiting.append(cost) } else { #expect(cost > window.outstanding) }
            }
            #expect(window.held == waiting.reduce(0, +))
            #expect(window.held + window.outstanding <= 1 << 19)
        }
    }
}

struct SendQueueTests {
    private func header(_ buffer: OutboundBuffer) throws -> [FrameHeader] {
        try frames(of: [UInt8](buffer.bytes)).map(\.header)
    }

    @Test(.timeLimit(.minutes(1))) func smallMessagesPassAndUseCredit() {
        var queue = SendQueue()
        #expect(queue.reserve(.item, size: 100) == true)
        #expect(queue.credit == ReceiveWindow.initial - 164)
        #expect(queue.reserve(.open, size: 100) == true)
        #expect(queue.credit == ReceiveWindow.initial - 164)
    }

    @Test(.timeLimit(.minutes(1))) func nothingPassesTheQueue() {
        var queue = SendQueue()
        queue.append(OutgoingMessage(type: .item, payload: .filled(1)))
        #expect(queue.reserve(.item, size: 1) == false)
        #expect(!SendQueue().isEmptyAfterReserving(FrameHeader.maximumPayload + 1))
    }

    @Test(.timeLimit(.minutes(1))) func fragmentsToTheEnd() throws {
        var queue = SendQueue()
        let buffer = OutboundBuffer()
        let waiter = Waiter()
        queue.append(OutgoingMessage(type: .item, payload: .filled(150_000), waiter: waiter))
        #expect(queue.writeFragment(of: 9, into: buffer) == nil)
        #expect(queue.writeFragment(of: 9, into: buffer) == nil)
        #expect(queue.writeFragment(of: 9, into: buffer)?.waiter === waiter)
        let written = try header(buffer)
        #expect(written.map(\.length) == [65_536, 65_536, 18_928])
        #expect(written.map(\.flags) == [.more, .more, []])
        #expect(queue.credit == ReceiveWindow.initial - 150_000 - 3 * 64)
        #expect(queue.isEmpty && !queue.canProceed)
    }

    @Test(.timeLimit(.minutes(1))) func waitsForCreditRatherThanSendCrumbs() {
        var queue = SendQueue()
        #expect(
            queue.reserve(.item, size: 65_536) && queue.reserve(.item, size: 65_536)
                && queue.reserve(.item, size: 65_536)
        )
        queue.append(OutgoingMessage(type: .item, payload: .filled(100_000)))
        #expect(queue.canProceed)
        _ = queue.writeFragment(of: 1, into: OutboundBuffer())
        #expect(queue.credit == 0 && !queue.canProceed)
        #expect(queue.grant(16_383) && !queue.canProceed)
        #expect(queue.grant(1) && queue.canProceed)
    }

    @Test(.timeLimit(.minutes(1))) func balanceHasALimit() {
        var queue = SendQueue()
        #expect(queue.grant(UInt64.max) == false)
        #expect(queue.grant(1 << 40) == false)
        #expect(queue.grant((1 << 40) - UInt64(ReceiveWindow.initial)) == true)
        #expect(queue.grant(1) == false)
    }

    @Test(.timeLimit(.minutes(1))) func abandonTellsHowFarItWas() {
        var queue = SendQueue()
        let first = Waiter()
        let second = Waiter()
        queue.append(OutgoingMessage(type: .item, payload: .filled(100_000), waiter: first))
        queue.append(OutgoingMessage(type: .item, payload: .filled(1), waiter: second))
        _ = queue.writeFragment(of: 1, into: OutboundBuffer())
        #expect(queue.abandon(second) == false)
        #expect(queue.abandon(second) == nil)
        #expect(queue.abandon(first) == true)
        #expect(queue.isEmpty)
    }

    @Test(.timeLimit(.minutes(1))) func theMarkOfAnAbandonedMessageGoesFirst() throws {
        var queue = SendQueue()
        queue.append(OutgoingMessage(type: .item, payload: .filled(1)))
        queue.prependAbandonment(of: .item)
        let buffer = OutboundBuffer()
        _ = queue.writeFragment(of: 1, into: buffer)
        _ = queue.writeFragment(of: 1, into: buffer)
        #expect(try header(buffer).map(\.flags) == [.abandon, []])
    }

    @Test(.timeLimit(.minutes(1))) func emptyingReturnsThoseWhoWait() {
        var queue = SendQueue()
        let waiter = Waiter()
        queue.append(OutgoingMessage(type: .end, payload: nil))
        queue.append(OutgoingMessage(type: .item, payload: .filled(1), waiter: waiter))
        #expect(queue.removeAll().map(ObjectIdentifier.init) == [ObjectIdentifier(waiter)])
        #expect(queue.isEmpty)
    }
}

extension SendQueue {
    fileprivate func isEmptyAfterReserving(_ size: Int) -> Bool {
        var copy = self
        return copy.reserve(.item, size: size)
    }
}

struct OutboundBufferTests {
    /// Small payloads are copied, large ones are not: what is written is the same from wherever it goes on.
    @Test(.timeLimit(.minutes(1))) func piecesAreInOrderFromAnyPosition() {
        let buffer = OutboundBuffer(capacity: 32)
        var expected: [UInt8] = []
        for (index, size) in [3, 0, OutboundBuffer.sharedSize, 40_000, 5, OutboundBuffer.sharedSize - 1].enumerated() {
            let payload = WireBytes((0..<size + 2).map { UInt8(truncatingIfNeeded: $0 * 7 + index) })
            let header = FrameHeader(length: UInt32(size), type: .item, flags: [], channel: UInt64(index))
            buffer.append(header, payload, 1..<size + 1)
            expected += frame(.item, UInt64(index), [UInt8](payload.array[1..<size + 1]))
        }
        #expect(buffer.count == expected.count)
        for start in stride(from: 0, to: expected.count, by: 613) {
            let rest = buffer.withPieces(from: start) { $0.flatMap { [UInt8]($0) } }
            #expect(rest == [UInt8](expected[start...]))
        }
        buffer.clear()
        #expect(buffer.count == 0)
        #expect(buffer.bytes == [])
    }
}
