//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetTestSupport
import ExecnetWire
import Testing

struct ViolationTests {
    @Test(.timeLimit(.minutes(1))) func frameTypesAreTheProtocols() {
        let numbers: [FrameType: UInt8] = [
            .hello: 1, .ping: 2, .pong: 3, .query: 4, .answer: 5, .log: 6, .terminate: 7, .goodbye: 8,
            .open: 16, .attach: 17, .item: 18, .bindings: 19, .end: 20, .close: 21, .credit: 22,
        ]
        #expect(numbers.count == FrameType.allCases.count)
        for type in FrameType.allCases { #expect(type.rawValue == numbers[type]) }
        #expect(FrameFlags.more.rawValue == 1 && FrameFlags.abandon.rawValue == 2)
        #expect(FrameHeader.size == 16 && FrameHeader.maximumPayload == 65_536)
        #expect(
            ReceiveWindow.initial == 262_144 && ReceiveWindow.frameCost == 64 && ReceiveWindow.maximumBalance == 1 << 40
        )
    }

    @Test(.timeLimit(.minutes(1))) func headersAreBigEndian() {
        #expect(frame(.item, 0x0102, [9], .more) == [0, 0, 0, 1, 18, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 9])
    }

    /// What a peer must not send to an agent that knows channel 1.
    static let refused: [(String, [UInt8])] = [
        ("text", [UInt8]("HTTP/1.1 200 OK\r\nServer: none\r\n\r\n".utf8)),
        ("2 GiB", [0x80, 0, 0, 0] + frame(.item, 1).dropFirst(4)),
        ("one byte too long", [0, 1, 0, 1] + frame(.item, 1).dropFirst(4)),
        ("unknown type", [0, 0, 0, 0, 9] + frame(.item, 1).dropFirst(5)),
        ("type 0", [UInt8](repeating: 0, count: 16)),
        ("unknown flags", [0, 0, 0, 0, 18, 4] + frame(.item, 1).dropFirst(6)),
        ("reserved", [0, 0, 0, 0, 18, 0, 1] + frame(.item, 1).dropFirst(7)),
        ("second hello", frame(.hello, 0, [0xa0])),
        ("hello on a channel", frame(.hello, 1, [0xa0])),
        ("ping on a channel", frame(.ping, 1)),
        ("ping with flags", frame(.ping, 0, [], .more)),
        ("long ping", frame(.ping, 0, [UInt8](repeating: 0, count: 65))),
        ("query that is no array", frame(.query, 0, [0xa0])),
        ("query that is no value", frame(.query, 0, [0xff])),
        ("empty query", frame(.query, 0)),
        ("answer of another form", frame(.answer, 0, [0x80])),
        ("log that is no value", frame(.log, 0, [0x1c])),
        ("goodbye that is no value", frame(.goodbye, 0, [0x61])),
        ("terminate with text", frame(.terminate, 0, [0x61, 0x61])),
        ("negative terminate", frame(.terminate, 0, [0x20])),
        ("item on the link", frame(.item, 0, [1])),
        ("item for nobody", frame(.item, 3, [1])),
        ("bindings for nobody", frame(.bindings, 3, [1])),
        ("end for nobody", frame(.end, 3)),
        ("close for nobody", frame(.close, 3)),
        ("credit for nobody", frame(.credit, 3, bigEndian(1))),
        ("item for a channel of ours", frame(.item, 2, [1])),
        ("open of 0", frame(.open, 0, [0xa0])),
        ("open of ours", frame(.open, 2, [0xa0])),
        ("open of the same", frame(.open, 1, [0xa0])),
        ("attach of ours", frame(.attach, 4, [1])),
        ("attach of the same", frame(.attach, 1, [1])),
        ("attach without a number", frame(.attach, 3)),
        ("attach beside text", frame(.attach, 3, [0x61, 0x61])),
        ("end with a payload", frame(.end, 1, [0])),
        ("end twice", frame(.end, 1) + frame(.end, 1)),
        ("end with flags", frame(.end, 1, [], .more)),
        ("item after end", frame(.end, 1) + frame(.item, 1, [1])),
        ("bindings after end", frame(.end, 1) + frame(.bindings, 1, [1])),
        ("item after close", frame(.close, 1) + frame(.item, 1, [1])),
        ("credit after close", frame(.close, 1) + frame(.credit, 1, bigEndian(1))),
        ("close twice", frame(.close, 1) + frame(.close, 1)),
        ("short credit", frame(.credit, 1, [1])),
        ("long credit", frame(.credit, 1, bigEndian(1) + [0])),
        ("credit overflow", frame(.credit, 1, bigEndian(.max))),
        ("credit above the balance", frame(.credit, 1, bigEndian(1 << 40))),
        ("credit in two steps", frame(.credit, 1, bigEndian(1 << 39)) + frame(.credit, 1, bigEndian(1 << 39))),
        ("bindings of another form", frame(.bindings, 1, [0x80])),
        ("bindings that are no value", frame(.bindings, 1, [0xff])),
        ("bindings with a huge counter", frame(.bindings, 1, [0x82, 0x1b] + bigEndian(.max) + [0xa0])),
        ("bindings inside an item", frame(.item, 1, [1], .more) + frame(.bindings, 1, [0x82, 1, 0xa0])),
        ("end inside an item", frame(.item, 1, [1], .more) + frame(.end, 1)),
    ]

    @Test(.timeLimit(.minutes(1)), arguments: refused.map(\.0), [1, 16, 17, Int.max])
    func whatTheProtocolForbidsIsRefused(_ name: String, _ pieces: Int) throws {
        let bytes = try #require(Self.refused.first { $0.0 == name }).1
        var side = try Side(.agent)
        try side.receive(frame(.open, 1, [0xa0]))
        #expect(throws: WireError.self) { try side.receive(bytes, pieces: pieces) }
        // Nothing counts after it.
        side.effects.removeAll()
        try side.receive(frame(.open, 9, [0xa0]))
        #expect(side.effects.events.isEmpty && side.multiplexer.channel(9) == nil)
    }

    @Test(.timeLimit(.minutes(1))) func codesTellTheKind() throws {
        func code(_ bytes: [UInt8]) throws -> WireError.Code? {
            var side = try Side(.agent)
            let error = #expect(throws: WireError.self) { try side.receive(bytes) }
            return error?.code
        }
        #expect(try code([0x80, 0, 0, 0] + frame(.item, 1).dropFirst(4)) == .frameTooLarge)
        #expect(try code([UInt8](repeating: 0, count: 16)) == .unknownFrameType)
        #expect(try code(frame(.item, 1)) == .malformed)
        #expect(try code(frame(.query, 0, [0x82, 1])) == .truncated)
    }

    @Test(.timeLimit(.minutes(1))) func nothingBeforeTheHello() throws {
        for type in FrameType.allCases where type != .hello {
            var side = try Side(.agent, greeted: false)
            #expect(throws: WireError.self) { try side.receive(frame(type, type.isOfChannel ? 1 : 0)) }
        }
    }

    @Test(.timeLimit(.minutes(1))) func coordinatorsRunNothing() throws {
        var side = try Side(.coordinator)
        for number: UInt64 in [1, 2, 3] {
            var fresh = side
            let error = #expect(throws: WireError.self) { try fresh.receive(frame(.open, number, [0xa0])) }
            #expect(error?.message.contains("refused") == true)
            side = try Side(.coordinator)
        }
        #expect(throws: WireError.self) { try side.receive(frame(.terminate, 0, [0])) }
    }

    @Test(.timeLimit(.minutes(1))) func unattachedChannelsAreUnknown() throws {
        var side = try Side(.coordinator)
        let core = side.multiplexer.makeChannel(attached: false)
        #expect(throws: WireError.self) { try side.receive(frame(.item, core.number, [1])) }
    }

    @Test(.timeLimit(.minutes(1))) func sendingWithoutCreditIsRefused() throws {
        var side = try Side(.agent)
        try side.receive(frame(.open, 1, [0xa0]))
        let item = frame(.item, 1, [UInt8](repeating: 0, count: 65_472))
        for _ in 0..<4 { try side.receive(item) }
        #expect(throws: WireError.self) { try side.receive(frame(.item, 1)) }
    }

    @Test(.timeLimit(.minutes(1))) func creditCountsAfterThisSideClosed() throws {
        var side = try Side(.agent)
        try side.receive(frame(.open, 1, [0xa0]))
        side.close(try #require(side.multiplexer.channel(1)))
        let item = frame(.item, 1, [UInt8](repeating: 0, count: 65_472))
        for _ in 0..<4 { try side.receive(item) }
        #expect(throws: WireError.self) { try side.receive(frame(.item, 1)) }
    }

    @Test(.timeLimit(.minutes(1))) func creditAfterEndIsWelcome() throws {
        var side = try Side(.agent)
        try side.receive(frame(.open, 1, [0xa0]) + frame(.end, 1) + frame(.credit, 1, bigEndian(5)))
        #expect(side.multiplexer.channel(1)?.state.sendQueue.credit == ReceiveWindow.initial + 5)
    }

    @Test(.timeLimit(.minutes(1))) func largeProgramsAreRefused() throws {
        var side = try Side(.agent)
        let piece = frame(.open, 1, [UInt8](repeating: 0, count: 65_536), .more)
        for _ in 0..<LinkLimits.programSize / 65_536 { try side.receive(piece) }
        #expect(throws: WireError.self) { try side.receive(frame(.open, 1, [0])) }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [[60_000], [40_000, 40_000]])
    func largeItemsAreRefused(_ sizes: [Int]) throws {
        var limits = LinkLimits()
        limits.itemSize = 50_000
        var side = try Side(.agent, limits: limits)
        try side.receive(frame(.open, 1, [0xa0]))
        #expect(throws: WireError.self) {
            for size in sizes {
                try side.receive(frame(.item, 1, [UInt8](repeating: 0, count: size), sizes.count > 1 ? .more : []))
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [FrameType.ping, .query])
    func askingWithoutReadingIsRefused(_ type: FrameType) throws {
        var limits = LinkLimits()
        limits.answerBacklog = 10_000
        var side = try Side(.coordinator, limits: limits)
        let request = frame(type, 0, try encoded([1, "status"]))
        #expect(throws: WireError.self) {
            for _ in 0..<10_000 {
                try side.receive(request)
                guard type == .query else { continue }
                side.multiplexer.sendControl(.answer, .filled(50))
            }
        }
        #expect(side.multiplexer.bufferedOutput < 11_000)
    }

    @Test(.timeLimit(.minutes(1))) func channelsAreLimited() throws {
        var limits = LinkLimits()
        limits.channels = 10
        var side = try Side(.coordinator, limits: limits)
        for number: UInt64 in 1...10 { try side.receive(frame(.attach, number * 2, [1])) }
        #expect(throws: WireError.self) { try side.receive(frame(.attach, 22, [1])) }
    }

    @Test(.timeLimit(.minutes(1))) func closingWithoutReadingIsRefused() throws {
        var limits = LinkLimits()
        limits.answerBacklog = 10_000
        var side = try Side(.coordinator, limits: limits)
        #expect(throws: WireError.self) {
            for number: UInt64 in 1...10_000 {
                try side.receive(frame(.attach, number * 2, [1]) + frame(.close, number * 2))
            }
        }
        #expect(side.multiplexer.bufferedOutput < 11_000)
    }

    @Test(.timeLimit(.minutes(1)), arguments: [[UInt8](), [0xff], [0x80], [0xa1, 0x64, 0x6b, 0x69, 0x6e, 0x64, 0x01]])
    func anyReasonOfACloseIsSomeError(_ reason: [UInt8]) throws {
        var side = try Side(.agent)
        try side.receive(frame(.open, 1, [0xa0]) + frame(.close, 1, reason))
        #expect(side.multiplexer.channelCount == 0)
    }

    @Test(.timeLimit(.minutes(1))) func otherVersionsAreForTheSideAbove() throws {
        var side = try Side(.agent, greeted: false)
        try side.receive(frame(.hello, 0, try encoded(["protocol": [2, 3]])))
        guard case .hello(let value)? = side.effects.events.first else { return #expect(Bool(false), "hello") }
        #expect(try !Hello(value).isUnderstood)
        #expect(try Hello(["protocol": [1, 9], "more": 1]).isUnderstood)
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [nil as Value, [:], ["protocol": 1], ["protocol": [2, 1]], ["protocol": [-1, 1]]]
    )
    func otherHellosAreRefused(_ value: Value) {
        #expect(throws: WireError.self) { try Hello(value) }
    }

    @Test(.timeLimit(.minutes(1))) func randomBytesNeverCrash() throws {
        var random = SplitMix(state: 77)
        for _ in 0..<100_000 {
            var side = try Side(Bool.random(using: &random) ? .agent : .coordinator, greeted: false)
            let count = Int.random(in: 0...80, using: &random)
            try? side.receive((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
    }

    @Test(.timeLimit(.minutes(1))) func randomFramesNeverCrash() throws {
        var random = SplitMix(state: 78)
        let payloads: [[UInt8]] = [
            [], [0xa0], [0x00], [0x82, 1, 0xa0], bigEndian(1 << 20), bigEndian(.max), [0xff, 0xff],
        ]
        for _ in 0..<5_000 {
            var side = try Side(Bool.random(using: &random) ? .agent : .coordinator)
            let own = side.multiplexer.makeChannel(attached: true)
            side.send(.filled(100_000), on: own)
            for _ in 0..<40 {
                let type = FrameType.allCases.randomElement(using: &random) ?? .item
                let flags =
                    [[], [], [], FrameFlags.more, .abandon, [.more, .abandon]].randomElement(using: &random) ?? []
                let payload = payloads.randomElement(using: &random) ?? []
                let number = type.isOfChannel ? UInt64.random(in: 0...4, using: &random) : 0
                let bytes = frame(type, number, payload, flags)
                // Most violations end a side, so a copy of the state is not worth the while: it just says nothing more.
                try? side.receive(bytes, pieces: Int.random(in: 1...40, using: &random))
                for core in side.multiplexer.channels { _ = side.multiplexer.take(from: core) }
                if Bool.random(using: &random) { _ = side.output() }
            }
        }
    }
}
