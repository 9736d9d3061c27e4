//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CAgentConstructor
import Execnet
import ExecnetSystem
import ExecnetTestSupport
import Testing

/// Much at once.
@Suite(.serialized, .leavesNothingBehind)
struct LoadTests {
    @Test(.timeLimit(.minutes(2)), arguments: GatewayKind.allCases)
    func aGibibyteToWhoeverDoesNotReadCostsNoMemory(kind: GatewayKind) async throws {
        try await kind.open { far in
            let pid = try await far.gateway.info().pid
            let deaf = try await far.waiting()
            let flood = try await far.exec(
                python: """
                    piece = bytes(1 << 20)
                    channel.receive()
                    for n in range(1024): channel.send(piece)
                    """
            ) { channel in
                let piece = [UInt8](repeating: 7, count: 1 << 20)
                _ = try await channel.receive(as: Value.self)
                for _ in 0..<1_024 { try await channel.send(piece) }
            }
            let other = try await far.echo()
            // So that buffers that are kept have grown already.
            let piece = [UInt8](repeating: 1, count: 1 << 20)
            try await other.send(piece)
            _ = try await other.receive(as: Value.self)

            let (here, there) = (try MemoryPeak(of: Int(getpid())), try MemoryPeak(of: pid))
            try await flood.send("go")
            let sending = Task { for _ in 0..<1_024 { try await deaf.send(piece) } }
            var roundTrips: [Duration] = []
            for n in 0..<2_000 {
                let start = ContinuousClock.now
                try await other.send(n)
                let answer = try await other.receive(as: Int.self)
                roundTrips.append(start.duration(to: .now))
                #expect(answer == n)
            }
            #expect(roundTrips.sorted()[roundTrips.count * 99 / 100] < .milliseconds(20))
            #expect(try here.growth < 16 << 20)
            #expect(try there.growth < 16 << 20)
            // Both senders still wait.
            let status = try await far.gateway.status()
            #expect(status.executing == 3)
            sending.cancel()
            await #expect(throws: CancellationError.self) { try await sending.value }
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func tenThousandChannelsEchoAndLeaveNoMemoryBehind() async throws {
        try await GatewayKind.native.open { far in
            let pid = try await far.gateway.info().pid
            let fresh = try residentMemory(of: pid)
            // Tables and buffers that are kept grow in the first round.
            try await tenThousandEchoes(far)
            // The agent gives back what 10 000 programs took, all but odds and ends of some 60 MiB.
            let start = ContinuousClock.now
            while try residentMemory(of: pid) - fresh > 40 << 20, start.duration(to: .now) < .seconds(10) {
                await Task.yield()
            }
            #expect(try residentMemory(of: pid) - fresh < 40 << 20)
            let before = try await MemoryUse.ofBothSides(far)
            for _ in 0..<2 { try await tenThousandEchoes(far) }
            let after = try await MemoryUse.ofBothSides(far)
            for (before, after) in zip(before, after) {
                // Less than 100 bytes a channel.
                #expect(after.allocated - before.allocated < 2 << 20)
                // A channel and its task take 6 KiB, so 20 000 that are kept would be 120 MiB; the rest is the allocator's.
                #expect(after.resident - before.resident < 32 << 20)
            }
        }
    }

    private func tenThousandEchoes(_ far: GatewayUnderTest) async throws {
        var channels: [Channel] = []
        for _ in 0..<10_000 { channels.append(try await far.echo()) }
        for (n, channel) in channels.enumerated() { try await channel.send(n) }
        for (n, channel) in channels.enumerated() {
            let answer = try await channel.receive(as: Int.self)
            #expect(answer == n)
        }
        let status = try await far.gateway.status()
        #expect([status.channels, status.executing, status.localChannels] == [10_000, 10_000, 10_000])
        for channel in channels { channel.end() }
        for channel in channels { try await channel.waitClose() }
        try await far.expectEmptyTables()
    }

    @Test(.timeLimit(.minutes(5)), arguments: GatewayKind.allCases)
    func largeItemsOfEightTasksArriveInOrder(kind: GatewayKind) async throws {
        // A gibibyte, and less of it where all of it is encrypted on the way.
        let rounds = kind.logsIn ? 4 : 32
        let items = PatternedItems(size: 4 << 20)
        try await kind.open { far in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    let channel = try await far.echo()
                    group.addTask {
                        for n in 0..<rounds { try await channel.send(items.item(number * rounds + n)) }
                        channel.end()
                    }
                    group.addTask {
                        for n in 0..<rounds {
                            let item = try await channel.receive(as: [UInt8].self)
                            #expect(items.isItem(item, number * rounds + n))
                        }
                        try await channel.waitClose()
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}

/// How much memory a process has in use, and holds.
struct MemoryUse: Codable, Sendable {
    var allocated: Int
    var resident: Int

    /// This side's, and the agent's.
    static func ofBothSides(_ far: GatewayUnderTest) async throws -> [MemoryUse] {
        [try now(), try await far.gateway.remoteCall(0) { _ in try MemoryUse.now() }]
    }

    static func now() throws -> MemoryUse {
        let allocated = Int(execnet_test_allocated())
        execnet_test_trim()
        return MemoryUse(allocated: allocated, resident: try ownMemory)
    }
}
