//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetTestSupport
import Testing

/// Channels inside values (items 13 to 17 of the contract).
@Suite(.leavesNothingBehind)
struct ChannelValueTests {
    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item13AChannelCanBeSentAndUsedAtOnce(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(
                python: """
                    other = channel.receive()
                    other.send(other.receive() + 1)
                    other.close()
                    """
            ) { channel in
                let other = try await channel.receive(as: Channel.self)
                try await other.send(try await other.receive(as: Int.self) + 1)
                try other.close()
            }
            let other = far.gateway.newChannel()
            try await channel.send(other)
            try await other.send(41)
            #expect(try await other.receive(as: Int.self) == 42)
            await expectChannelError(.endOfItems) { try await other.receive(as: Int.self) }
            try await channel.waitClose()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func aChannelInTheArgumentsOfAProgramWorks(kind: GatewayKind) async throws {
        try await kind.open { far in
            let other = far.gateway.newChannel()
            let channel =
                if kind.runsClosures {
                    try await far.gateway.remoteExec(other) { _, other in
                        try await other.send(try await other.receive(as: Int.self) + 1)
                    }
                } else {
                    try await far.gateway.remoteExec(
                        .python("other.send(other.receive() + 1)", arguments: ["other": .channel(other.reference)])
                    )
                }
            try await other.send(41)
            #expect(try await other.receive(as: Int.self) == 42)
            try await channel.waitClose()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item14ChannelsCanBeNestedInContainers(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(
                python: """
                    request = channel.receive()
                    for n, reply in enumerate(request["replies"]): reply.send(n)
                    channel.receive()
                    """
            ) { channel in
                let request = try await channel.receive(as: [String: [Channel]].self)
                for (n, reply) in (request["replies"] ?? []).enumerated() { try await reply.send(n) }
                _ = try await channel.receive(as: Value.self)
            }
            let replies = [far.gateway.newChannel(), far.gateway.newChannel()]
            try await channel.send(["replies": replies])
            #expect(try await replies[0].receive(as: Int.self) == 0)
            #expect(try await replies[1].receive(as: Int.self) == 1)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item15AChannelSentThereAndBackIsTheSame(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.echo()
            let other = far.gateway.newChannel()
            try await channel.send(other)
            #expect(try await channel.receive(as: Channel.self) == other)
            try await channel.send(channel)
            #expect(try await channel.receive(as: Channel.self) == channel)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item16AFarChannelDeliversWhatWasSentBeforeItsCreatorEnded(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(
                python: """
                    other = channel.gateway.newchannel()
                    channel.send(other)
                    for n in range(10): other.send(n)
                    other.close()
                    """
            ) { channel in
                let other = channel.newChannel()
                try await channel.send(other)
                for n in 0..<10 { try await other.send(n) }
                try other.close()
            }
            let other = try await channel.receive(as: Channel.self)
            try await channel.waitClose()
            var items: [Int] = []
            for try await item in other.items(as: Int.self) { items.append(item) }
            #expect(items == Array(0..<10))
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item17NoEntryIsLeftAfterBothEndsClosed(kind: GatewayKind) async throws {
        try await kind.open { far in
            for _ in 0..<20 {
                let channel = try await far.echo()
                try await channel.send(1)
                #expect(try await channel.receive(as: Int.self) == 1)
                try channel.close()
            }
            let channel = try await far.echo()
            let other = far.gateway.newChannel()
            try await channel.send(other)
            _ = try await channel.receive(as: Value.self)
            try other.close()
            channel.end()
            try await channel.waitClose()
            try await far.expectEmptyTables()
        }
    }

    /// In the original, a channel that one side forgets is closed for the other. Here nothing happens, because when a reference goes is up to
    /// compilers and interpreters: the end of a conversation must not depend on it. An explicit close is what the other side sees.
    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item25ForgettingAChannelIsNoEndAndClosingIs(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(
                python: """
                    import gc
                    forgotten, closed = channel.receive()
                    del forgotten
                    gc.collect()
                    closed.close()
                    channel.send("done")
                    channel.receive()
                    """
            ) { channel in
                try await channel.receive(as: [Channel].self)[1].close()
                try await channel.send("done")
                _ = try await channel.receive(as: Value.self)
            }
            let (forgotten, closed) = (far.gateway.newChannel(), far.gateway.newChannel())
            try await channel.send([forgotten, closed])
            #expect(try await channel.receive(as: String.self) == "done")
            try await closed.waitClose()
            #expect(closed.isClosed)
            await expectChannelError(.endOfItems) { try await closed.receive(as: Value.self) }
            await expectChannelError(.closed) { try await closed.send(1) }
            // What the far side sends arrives in order, so a close of this one would have come before "done".
            #expect(!forgotten.isClosed)
            await expectChannelError(.timedOut) { try await forgotten.waitClose(timeout: .zero) }
            try await forgotten.send(1)
            try forgotten.close()
            try await channel.send(0)
            try await channel.waitClose()
            try await far.expectEmptyTables()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func aChannelOfAnotherGatewayCannotBeSent(kind: GatewayKind) async throws {
        try await kind.open { far in
            try await kind.open { stranger in
                let channel = try await far.echo()
                await #expect(throws: (any Error).self) { try await channel.send(stranger.gateway.newChannel()) }
                try await channel.send(1)
                #expect(try await channel.receive(as: Int.self) == 1)
            }
        }
    }
}
