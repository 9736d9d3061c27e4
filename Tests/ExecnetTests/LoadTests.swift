//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetTestSupport
import Testing

/// Much at once.
@Suite(.serialized, .leavesNothingBehind)
struct LoadTests {
    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func aProgramThatDoesNotReadCostsNoMemory(kind: GatewayKind) async throws {
        try await kind.open { far in
            let pid = try await far.gateway.info().pid
            let deaf = try await far.waiting()
            let other = try await far.echo()
            // So that buffers that are kept have grown already.
            try await other.send([UInt8](repeating: 1, count: 1 << 20))
            _ = try await other.receive(as: Value.self)
            let before = (here: try ownMemory, there: try residentMemory(of: pid))
            let piece = [UInt8](repeating: 7, count: 1 << 20)
            let sending = Task { for _ in 0..<256 { try await deaf.send(piece) } }
            for n in 0..<1_000 {
                try await other.send(n)
                #expect(try await other.receive(as: Int.self) == n)
            }
            #expect(try ownMemory - before.here < 16 << 20)
            #expect(try residentMemory(of: pid) - before.there < 16 << 20)
            sending.cancel()
            await #expect(throws: CancellationError.self) { try await sending.value }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func tenThousandChannelsEcho() async throws {
        try await GatewayKind.native.open { far in
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
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func largeItemsOfEightTasksArriveInOrder(kind: GatewayKind) async throws {
        try await kind.open { far in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    let channel = try await far.echo()
                    group.addTask {
                        for n in 0..<4 {
                            try await channel.send([UInt8](repeating: UInt8(number * 4 + n), count: 4 << 20))
                        }
                        channel.end()
                    }
                    group.addTask {
                        for n in 0..<4 {
                            let item = try await channel.receive(as: [UInt8].self)
                            #expect(item == [UInt8](repeating: UInt8(number * 4 + n), count: 4 << 20))
                        }
                        try await channel.waitClose()
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
