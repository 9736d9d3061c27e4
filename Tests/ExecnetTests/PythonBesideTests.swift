//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetTestSupport
import Testing

/// Python programs on a native gateway run in a Python agent beside the native one.
@Suite(.timeLimit(.minutes(1)), .leavesNothingBehind)
struct PythonBesideTests {
    @Test func itemsPassBothWays() async throws {
        try await withGateway("popen") { gateway in
            let channel = try await gateway.remoteExec(.python("for x in channel: channel.send((x, [x]))"))
            for n in 0..<50 {
                try await channel.send(n)
                #expect(try await channel.receive(as: Value.self) == .tuple([.int(Int64(n)), [.int(Int64(n))]]))
            }
            channel.end()
            try await channel.waitClose()
        }
    }

    @Test func itemsLargerThanTheWindowPass() async throws {
        try await withGateway("popen") { gateway in
            let channel = try await gateway.remoteExec(.python("for x in channel: channel.send(x)"))
            let item = [UInt8](repeating: 7, count: 5_000_000)
            try await channel.send(item)
            #expect(try await channel.receive(as: [UInt8].self) == item)
        }
    }

    @Test func channelsInsideValuesAreJoined() async throws {
        try await withGateway("popen") { gateway in
            let channel = try await gateway.remoteExec(
                .python("mine = channel.receive()['reply']\nmine.send('to you')\nchannel.send(mine.receive())")
            )
            let extra = gateway.newChannel()
            try await channel.send(["reply": .channel(extra.reference)] as Value)
            #expect(try await extra.receive(as: String.self) == "to you")
            try await extra.send("back")
            #expect(try await channel.receive(as: String.self) == "back")
            try await channel.waitClose()
        }
    }

    @Test func channelsMadeByPythonArrive() async throws {
        try await withGateway("popen") { gateway in
            let channel = try await gateway.remoteExec(
                .python("c = channel.gateway.newchannel()\nchannel.send(c)\nc.send(5)\nc.close()")
            )
            let made = try await channel.receive(as: Channel.self)
            #expect(try await made.receive(as: Int.self) == 5)
        }
    }

    @Test func bindingsAreSeenOnBothSides() async throws {
        try await withGateway("popen") { gateway in
            let channel = try await gateway.remoteExec(
                .python("channel.set(twice=channel.get('n') * 2)\nchannel.receive()")
            )
            try await channel.set(["n": 21])
            #expect(try await channel.get("twice", timeout: .seconds(20)) == 42)
        }
    }

    @Test func errorsCarryTheTraceback() async throws {
        try await withGateway("popen") { gateway in
            let channel = try await gateway.remoteExec(.python("channel.send(1)\nno_such_name"))
            #expect(try await channel.receive(as: Int.self) == 1)
            let error = await #expect(throws: RemoteError.self) { try await channel.receive(as: Int.self) }
            #expect(error?.type.contains("NameError") == true)
            #expect(error?.trace.contains("no_such_name") == true)
            #expect(try await gateway.remoteCall(2) { $0 + 1 } == 3)
        }
    }

    @Test(arguments: ["popen", "popen//python=python3"]) func remoteImportIsAProxy(spec: String) async throws {
        try await withGateway(spec) { gateway in
            let math = try await gateway.remoteImport("math")
            #expect(try await math.sqrt(2.0) == .double(2.0.squareRoot()))
            #expect(try await math.pi.value() == .double(.pi))
            let failure = await #expect(throws: RemoteError.self) { try await math.sqrt("two") }
            #expect(failure?.message.contains("TypeError") == true)
            #expect(try await math.isclose(1.0, 1.5, abs_tol: 1.0) == true)
            await #expect(throws: RemoteError.self) { try await gateway.remoteImport("no_such_module") }
        }
    }

    @Test func aDeadPythonAgentIsReplaced() async throws {
        try await withGateway("popen") { gateway in
            let doomed = try await gateway.remoteExec(.python("import os; os._exit(3)"))
            let error = await #expect(throws: RemoteError.self) { try await doomed.waitClose() }
            #expect(error?.message.contains("exit status 3") == true)
            #expect(try await gateway.remoteCall(.python("channel.send(6)"), as: Int.self) == 6)
        }
    }
}
