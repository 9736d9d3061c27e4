//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetTestSupport
import Testing

/// What goes wrong on one channel harms that channel only.
@Suite(.leavesNothingBehind)
struct FaultTests {
    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func anItemOfAnotherTypeIsAnErrorOfThatReceiveOnly(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.echo()
            try await channel.send("text")
            try await channel.send(2)
            await #expect(throws: WireError.self) { try await channel.receive(as: Int.self) }
            #expect(try await channel.receive(as: Int.self) == 2)
            try await far.expectUsable()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func anUndecodableItemFailsTheFarProgramOnly(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(python: "channel.send(channel.receive())") { channel in
                try await channel.send(try await channel.receive(as: Value.self))
            }
            let other = try await far.echo()
            // An array that promises two elements and has one.
            try await channel.send(WireBytes([0x82, 0x01]))
            await expectRemoteError { try await channel.receive(as: Value.self) }
            try await other.send(1)
            #expect(try await other.receive(as: Int.self) == 1)
            try await far.expectUsable()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func anItemThatTheFarSideDoesNotTakeIsNotSent(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.echo()
            // 256 MiB are the agents' limit, and an item has a head too.
            await expectChannelError(.itemTooLarge) { try await channel.send([UInt8](repeating: 0, count: 256 << 20)) }
            try await channel.send(1)
            #expect(try await channel.receive(as: Int.self) == 1)
            try await far.expectUsable()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func anItemThatThisSideDoesNotTakeIsNotSent(kind: GatewayKind) async throws {
        var configuration = GatewayConfiguration.quiet
        configuration.limits.itemSize = 100_000
        try await kind.open(configuration: configuration) { far in
            let channel = try await far.exec(python: "channel.send(bytes(channel.receive()))") { channel in
                try await channel.send([UInt8](repeating: 0, count: try await channel.receive(as: Int.self)))
            }
            try await channel.send(100_000)
            await expectRemoteError("takes") { try await channel.receive(as: Value.self) }
            try await far.expectUsable()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func aProgramThatIsTooLargeIsNotSent(kind: GatewayKind) async throws {
        try await kind.open { far in
            let program = Program.python("#" + String(repeating: "x", count: 16 << 20))
            await expectChannelError(.itemTooLarge) { try await far.gateway.remoteExec(program) }
            try await far.expectUsable()
            try await far.expectEmptyTables()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func anUnknownServiceIsRefused(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.gateway.remoteExec(.service("no-such-service"))
            let error = await expectRemoteError("no-such-service") { try await channel.receive(as: Value.self) }
            #expect(error?.kind == .refused)
            try await far.expectUsable()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aClosureWithCapturesIsRefusedHere() async throws {
        try await GatewayKind.native.open { far in
            let number = Int.random(in: 0...9)
            let error = await expectGatewayError(.notShippable) {
                try await far.gateway.remoteExec { channel in try await channel.send(number) }
            }
            #expect(error?.message.contains("captures") == true)
            await expectGatewayError(.notShippable) { try await far.gateway.remoteCall(1) { $0 + number } }
            try await far.expectUsable()
            try await far.expectEmptyTables()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aClosureForAPythonAgentIsRefusedHere() async throws {
        try await GatewayKind.python.open { far in
            await expectGatewayError(.notShippable) { try await far.gateway.remoteExec { _ in } }
            try await far.expectUsable()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func anUnknownTaskTypeIsRefused(kind: GatewayKind) async throws {
        try await kind.open { far in
            let program = Program(kind: "task", ["type": "4Gone4TaskV", "task": .map([:])])
            let channel = try await far.gateway.remoteExec(program)
            let error = await expectRemoteError { try await channel.waitClose() }
            #expect(error?.kind == .refused)
            try await far.expectUsable()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func anUnknownKindOfProgramIsRefused(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.gateway.remoteExec(Program(kind: "cobol", [:]))
            let error = await expectRemoteError("cobol") { try await channel.waitClose() }
            #expect(error?.kind == .refused)
            try await far.expectUsable()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aTaskThatCannotBeDecodedIsAnErrorOfItsChannel() async throws {
        try await GatewayKind.native.open { far in
            let name = try #require(_mangledTypeName(Scale.self))
            let channel = try await far.gateway.remoteExec(
                Program(kind: "task", ["type": .string(name), "task": "no map"])
            )
            await expectRemoteError { try await channel.waitClose() }
            try await far.expectUsable()
        }
    }
}
