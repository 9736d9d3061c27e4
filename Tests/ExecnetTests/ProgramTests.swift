//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetTestSupport
import Testing

/// What can be run.
@Suite(.leavesNothingBehind)
struct ProgramTests {
    @Test(.timeLimit(.minutes(1)))
    func aCallReturnsItsResult() async throws {
        try await GatewayKind.native.open { far in
            let sum = try await far.gateway.remoteCall([1, 2, 3]) { $0.reduce(0, +) }
            #expect(sum == 6)
            await expectRemoteError("wrong turn") {
                try await far.gateway.remoteCall(1) { (_: Int) -> Int in throw WrongTurn() }
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aClosureGetsItsArgument() async throws {
        try await GatewayKind.native.open { far in
            let channel = try await far.gateway.remoteExec(["a": 1]) { channel, argument in
                try await channel.send(argument["a"])
            }
            #expect(try await channel.receive(as: Int.self) == 1)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aTaskRunsWithItsFields() async throws {
        try await GatewayKind.native.open { far in
            let channel = try await far.gateway.remoteExec(Scale(factor: 3))
            try await channel.send(4)
            #expect(try await channel.receive(as: Int.self) == 12)
        }
    }

    /// What is private, fileprivate or local has no name by which a running image finds it, in no build.
    @Test(.timeLimit(.minutes(1)))
    func aTypeThatCannotBeFoundIsRefusedHere() async throws {
        struct Local: Codable, Sendable { var n = 1 }
        try await GatewayKind.native.open { far in
            let error = await expectGatewayError(.notShippable) { try await far.gateway.remoteCall(Local()) { $0.n } }
            for part in ["Local", "inside a function", "internal"] { #expect(error?.message.contains(part) == true) }
            await expectGatewayError(.notShippable) { try await far.gateway.remoteCall(1) { [Hidden(n: $0)] } }
            await expectGatewayError(.notShippable) { try await far.gateway.remoteExec(Hidden(n: 1)) { _, _ in } }
            await expectGatewayError(.notShippable) { try await far.gateway.remoteExec(HiddenTask()) }
            try await far.expectUsable()
            try await far.expectEmptyTables()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func pythonGetsItsArguments(kind: GatewayKind) async throws {
        try await kind.open { far in
            let program = Program.python("channel.send([a, b])", arguments: ["a": 1, "b": .tuple([2])])
            let arguments = try await far.gateway.remoteCall(program, as: Value.self)
            #expect(arguments == [1, .tuple([2])])
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func shellProgramsSendLinesAndReadItems(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.gateway.remoteExec(.shell("echo \"$1\"; cat", arguments: ["first"]))
            try await channel.send("second\n")
            channel.end()
            #expect(try await channel.receive(as: String.self) == "first")
            #expect(try await channel.receive(as: String.self) == "second")
            try await channel.waitClose()
            let failing = try await far.gateway.remoteExec(.shell("exit 7"))
            let error = await expectRemoteError("7") { try await failing.waitClose() }
            #expect(error?.type == "ExitStatus")
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func whatAShellLeavesBehindIsNotReadForEver() async throws {
        try await GatewayKind.native.open { far in
            let channel = try await far.gateway.remoteExec(.shell("setsid yes & read line"))
            #expect(try await channel.receive(as: String.self) == "y")
            try await channel.send("go\n")
            for try await _ in channel.items(as: String.self) {}
            try await channel.waitClose()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item40AChangedFileIsSentAnew(kind: GatewayKind) async throws {
        try await withTemporaryFolder { folder in
            try await kind.open { far in
                let file = folder + "/recipe.py"
                var channels: [Channel] = []
                for version in ["first", "second"] {
                    let text = "channel.send('\(version)')\nchannel.receive()\nraise ValueError('\(version)')"
                    try writeFile(text, to: file)
                    channels.append(try await far.gateway.remoteExec(.python(try fileText(file), file: file)))
                }
                try removeFile(file)
                // Both run at once, from files of one name: tracebacks too quote the text that was sent.
                for (channel, version) in zip(channels, ["first", "second"]) {
                    #expect(try await channel.receive(as: String.self) == version)
                    try await channel.send(0)
                    await expectRemoteError("\"\(file)\", line 3", "raise ValueError('\(version)')") {
                        try await channel.waitClose()
                    }
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item35PythonCodeCanTellThatItIsAProgram(kind: GatewayKind) async throws {
        try await kind.open { far in
            let name = try await far.gateway.remoteCall(.python("channel.send(__name__)"), as: String.self)
            #expect(name == "__channelexec__")
        }
    }
}

private struct Hidden: Codable, Sendable { var n: Int }

fileprivate struct HiddenTask: RemoteTask { func run(on channel: Channel) async throws {} }

/// Multiplies what it receives.
struct Scale: RemoteTask {
    var factor: Int

    func run(on channel: Channel) async throws {
        for try await n in channel.items(as: Int.self) { try await channel.send(n * factor) }
    }
}
