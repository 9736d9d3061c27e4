//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetTestSupport
import Testing

/// Items: order, ends, errors, timeouts (items 1 to 12 and 28 of the contract).
@Suite(.leavesNothingBehind)
struct ItemTests {
    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item01ItemsTravelInOrderBothWays(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(python: "for n in channel: channel.send(n * n)") { channel in
                for try await n in channel.items(as: Int.self) { try await channel.send(n * n) }
            }
            for n in 0..<100 { try await channel.send(n) }
            for n in 0..<100 { #expect(try await channel.receive(as: Int.self) == n * n) }
            channel.end()
            try await channel.waitClose()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item02QueuedItemsThenEndEveryTime(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(python: "for n in range(5): channel.send(n)") { channel in
                for n in 0..<5 { try await channel.send(n) }
            }
            try await channel.waitClose()
            for n in 0..<5 { #expect(try await channel.receive(as: Int.self) == n) }
            for _ in 0..<3 { await expectChannelError(.endOfItems) { try await channel.receive(as: Int.self) } }
            try await channel.waitClose()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item03FarErrorComesAfterTheItems(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await failing(far)
            #expect(try await channel.receive(as: Int.self) == 1)
            #expect(try await channel.receive(as: Int.self) == 2)
            await expectRemoteError("wrong turn") { try await channel.receive(as: Int.self) }
            await expectRemoteError("wrong turn") { try await channel.receive(as: Int.self) }
            try await far.expectUsable()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item04FarErrorComesFromWaitClose(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await failing(far)
            await expectRemoteError("wrong turn") { try await channel.waitClose() }
            await expectRemoteError("wrong turn") { try await channel.waitClose() }
            #expect(try await channel.receive(as: Int.self) == 1)
        }
    }

    /// A program that sends 1 and 2 and fails.
    private func failing(_ far: GatewayUnderTest) async throws -> Channel {
        try await far.exec(
            python: """
                channel.send(1)
                channel.send(2)
                raise ValueError("wrong turn")
                """
        ) { channel in
            try await channel.send(1)
            try await channel.send(2)
            throw WrongTurn()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func item05ErrorIsATracebackThatNamesTheSymbol() async throws {
        try await GatewayKind.python.open { far in
            let channel = try await far.gateway.remoteExec(.python("def inner(): missing_name\ninner()"))
            let error = await expectRemoteError("Traceback (most recent call last)", "inner", "missing_name") {
                try await channel.receive(as: Value.self)
            }
            #expect(error?.type == "NameError")
            #expect(error?.kind == .failed)
            #expect(error?.gateway == far.gateway.id)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func item05ErrorNamesTheSwiftType() async throws {
        try await GatewayKind.native.open { far in
            let channel = try await far.gateway.remoteExec { _ in throw WrongTurn() }
            let error = await expectRemoteError("wrong turn") { try await channel.waitClose() }
            #expect(error?.type == "ExecnetTests.WrongTurn")
            #expect(error?.kind == .failed)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item06SyntaxErrorIsAnErrorOfThatChannelOnly(kind: GatewayKind) async throws {
        try await kind.open { far in
            let other = try await far.echo()
            let channel = try await far.gateway.remoteExec(.python("def broken(:\n    pass"))
            let error = await expectRemoteError("SyntaxError") { try await channel.receive(as: Value.self) }
            #expect(error?.type == "SyntaxError")
            try await other.send(1)
            #expect(try await other.receive(as: Int.self) == 1)
            try await far.expectUsable()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func item07TracebackShowsFileAndLine() async throws {
        try await GatewayKind.python.open { far in
            let source = """
                x = 1
                raise RuntimeError("here")
                """
            let channel = try await far.gateway.remoteExec(.python(source, file: "recipe.py", line: 41))
            await expectRemoteError("\"recipe.py\", line 42", "raise RuntimeError(\"here\")") {
                try await channel.waitClose()
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item08ReceiveTimesOutAndChannelStillWorks(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.echo()
            await expectChannelError(.timedOut) { try await channel.receive(as: Int.self, timeout: .milliseconds(20)) }
            await expectChannelError(.timedOut) { try await channel.receive(as: Int.self, timeout: .zero) }
            try await channel.send(3)
            #expect(try await channel.receive(as: Int.self) == 3)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item09WaitCloseTimesOutAndLaterSucceeds(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.waiter()
            await expectChannelError(.timedOut) { try await channel.waitClose(timeout: .milliseconds(20)) }
            try await channel.send(0)
            try await channel.waitClose(timeout: .seconds(30))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func item10UnserialisableValueFarSide() async throws {
        try await GatewayKind.python.open { far in
            let channel = try await far.gateway.remoteExec(.python("channel.send(object())"))
            await expectRemoteError("can't serialize", "object") { try await channel.receive(as: Value.self) }
            try await far.expectUsable()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item11SendAfterThePeerFinishedFails(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(python: "pass") { _ in }
            try await channel.waitClose()
            #expect(channel.isClosed)
            await expectChannelError(.closed) { try await channel.send(1) }
            await expectChannelError(.closed) { try await channel.set("name", to: 1) }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item12IterationYieldsAllAndStops(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(python: "for n in range(3): channel.send(n)") { channel in
                for n in 0..<3 { try await channel.send(n) }
            }
            var items: [Int] = []
            for try await item in channel.items(as: Int.self) { items.append(item) }
            #expect(items == [0, 1, 2])
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item12IterationThrowsTheFarErrorAfterTheItems(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await failing(far)
            var items: [Int] = []
            await expectRemoteError("wrong turn") {
                for try await item in channel.items(as: Int.self) { items.append(item) }
            }
            #expect(items == [1, 2])
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item28ClosingTwiceIsHarmless(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.echo()
            try channel.close()
            try channel.close()
            try channel.close(error: "late")
            channel.end()
            #expect(channel.isClosed)
            await expectChannelError(.closed) { try await channel.send(1) }
            await expectChannelError(.closed) { try await channel.receive(as: Int.self) }
            try await far.expectUsable()
            try await far.expectEmptyTables()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func endLeavesTheOtherDirectionOpen(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(python: "channel.send(sum(channel))") { channel in
                var sum = 0
                for try await n in channel.items(as: Int.self) { sum += n }
                try await channel.send(sum)
            }
            try await channel.send(contentsOf: [1, 2, 3])
            channel.end()
            await expectChannelError(.ended) { try await channel.send(4) }
            #expect(try await channel.receive(as: Int.self) == 6)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item54EveryTypeSurvivesAnEcho(kind: GatewayKind) async throws {
        let huge = BigInteger(isNegative: false, magnitude: [1] + [UInt8](repeating: 0, count: 300))
        let values: [Value] = [
            .null, .bool(true), .bool(false), .int(-1), .int(.max), .int(.min), .double(1.5), .double(-0.0),
            .double(.infinity), .double(.nan), .string("Zürich"), .string(""), .bytes([0, 255]), .bytes([]),
            .integer(huge), .integer(BigInteger(isNegative: true, magnitude: huge.magnitude)), Value(UInt64.max),
            .array([.int(1), .array([])]), .array([]), .map([:]), .set([]), .frozenSet([]), .tuple([]),
            .tuple([.tuple([]), .array([]), .map([:]), .set([]), .frozenSet([]), .bytes([]), .string("")]),
            .map(["a": .int(1), .tuple([1, .tuple(["b", .null])]): .null, .frozenSet([1]): .tuple([])]),
            .set([.int(1)]), .set([.tuple([1, "x"])]), .frozenSet([.string("x")]), .complex(real: 1, imaginary: -2),
        ]
        try await kind.open { far in
            let channel = try await far.echo()
            for value in values { try await channel.send(value) }
            for value in values { #expect(try await channel.receive(as: Value.self) == value) }
        }
    }
}

struct WrongTurn: Error, CustomStringConvertible {
    var description: String { "wrong turn" }
}
