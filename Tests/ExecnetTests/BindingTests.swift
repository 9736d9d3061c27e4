//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetTestSupport
import Testing

/// Names with values that both sides see.
@Suite(.leavesNothingBehind)
struct BindingTests {
    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func setThereIsSeenHereAndBack(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(
                python: "channel.set(b=channel.get('a') + 1, c='x'); channel.receive()"
            ) { channel in
                let a = try await channel.get("a", as: Int.self)
                try await channel.set(["b": .int(Int64(a + 1)), "c": "x"])
                _ = try await channel.receive(as: Value.self)
            }
            try await channel.set("a", to: 1)
            #expect(try await channel.get("b", as: Int.self) == 2)
            #expect(channel.bindings == ["a": 1, "b": 2, "c": "x"])
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func getWaitsForAValueOtherThanTheIgnored(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(
                python: "channel.set(phase=1); channel.receive(); channel.set(phase=2); channel.receive()"
            ) { channel in
                try await channel.set("phase", to: 1)
                _ = try await channel.receive(as: Value.self)
                try await channel.set("phase", to: 2)
                _ = try await channel.receive(as: Value.self)
            }
            #expect(try await channel.get("phase") == 1)
            await expectChannelError(.timedOut) {
                try await channel.get("phase", ignoring: 1, timeout: .milliseconds(20))
            }
            try await channel.send(0)
            #expect(try await channel.get("phase", ignoring: 1) == 2)
            await expectChannelError(.timedOut) { try await channel.get("unknown", timeout: .milliseconds(20)) }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func getOfAnUnboundNameEndsWithTheChannel(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(python: "channel.set(a=1); channel.receive()") { channel in
                try await channel.set("a", to: 1)
                _ = try await channel.receive(as: Value.self)
            }
            let missing = Task { try await channel.get("b") }
            _ = try await channel.get("a")
            try await channel.send(0)
            await expectChannelError(.endOfItems) { try await missing.value }
            #expect(try await channel.get("a") == 1)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func itemsAndBindingsOfOneSideArriveInOrder(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(
                python: """
                    channel.receive()
                    for n in range(50):
                        channel.send(n)
                        channel.set(n=n)
                    """
            ) { channel in
                _ = try await channel.receive(as: Value.self)
                for n in 0..<50 {
                    try await channel.send(n)
                    try await channel.set("n", to: n)
                }
            }
            let record = Record()
            channel.subscribe(record.subscriber)
            try await channel.send(0)
            try await channel.waitClose()
            let expected: [Record.Entry] = (0..<50).flatMap { [.item(.int($0)), .bindings(["n": .int($0)])] }
            #expect(record.entries == expected + [.end(nil)])
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func concurrentSetsOfOneNameConverge(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(
                python: """
                    for n in range(2000): channel.set(x=-n, y=[n])
                    channel.send("done")
                    channel.receive()
                    channel.send([channel.get("x"), channel.get("y")])
                    """
            ) { channel in
                for n in 0..<2_000 { try await channel.set(["x": .int(Int64(-n)), "y": [.int(Int64(n))]]) }
                try await channel.send("done")
                _ = try await channel.receive(as: Value.self)
                let values = [try await channel.get("x"), try await channel.get("y")]
                try await channel.send(values)
            }
            for n in 0..<2_000 { try await channel.set(["x": .int(Int64(n)), "y": .string("\(n)")]) }
            #expect(try await channel.receive(as: String.self) == "done")
            try await channel.send("done")
            let there = try await channel.receive(as: [Value].self)
            #expect(there == [try await channel.get("x"), try await channel.get("y")])
        }
    }
}
