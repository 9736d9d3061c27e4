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
    func tenThousandConcurrentSetsFromBothSidesConverge(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(
                python: """
                    import random
                    names = "abcdefgh"
                    for n in range(10000):
                        channel.set(**{name: [n, "there"] for name in random.sample(names, random.randint(1, 3))})
                    channel.send("done")
                    channel.receive()
                    channel.send([channel.get(name) for name in names])
                    """
            ) { channel in
                try await setAtRandom("there", on: channel)
                try await channel.send("done")
                _ = try await channel.receive(as: Value.self)
                try await channel.send(try await values(of: channel))
            }
            try await setAtRandom("here", on: channel)
            #expect(try await channel.receive(as: String.self) == "done")
            // What this side has set is there before this item, and what the far side has set was here before its own.
            try await channel.send("done")
            let there = try await channel.receive(as: [Value].self)
            let here = try await values(of: channel)
            #expect(there == here)
        }
    }
}

private let names = ["a", "b", "c", "d", "e", "f", "g", "h"]

private func setAtRandom(_ side: Value, on channel: Channel) async throws {
    for n in 0..<10_000 {
        let chosen = names.shuffled().prefix(.random(in: 1...3))
        try await channel.set(Dictionary(uniqueKeysWithValues: chosen.map { ($0, [.int(Int64(n)), side]) }))
    }
}

private func values(of channel: Channel) async throws -> [Value] {
    var values: [Value] = []
    for name in names { values.append(try await channel.get(name)) }
    return values
}
