//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTLS
import ExecnetTestSupport
import Logging
import Testing

@testable import ExecnetSocketServer

/// Clients of Python's own execnet package, which the tests have from PyPI.
@Suite(.timeLimit(.minutes(1)), .leavesNothingBehind)
struct PythonSourceTests {
    @Test func gatewaysOfPythonsPackageWork() async throws {
        let source = """
            import execnet, sys
            group = execnet.Group()
            gateways = [group.makegateway("socket=" + sys.argv[1]) for _ in range(3)]
            channels = [gateway.remote_exec("while 1: channel.send(channel.receive() * 2)") for gateway in gateways]
            for round in range(20):
                for number, channel in enumerate(channels):
                    channel.send(number + round)
                for number, channel in enumerate(channels):
                    assert channel.receive(20) == 2 * (number + round)
            channel = gateways[0].remote_exec("import os; print('not into the connection'); channel.send(os.getpid())")
            pids = [channel.receive(20)]
            channel.waitclose(20)
            big = gateways[1].remote_exec("channel.send(len(channel.receive()))")
            big.send(b"x" * 3_000_000)
            assert big.receive(20) == 3_000_000
            group.terminate(timeout=10)
            print("all well")
            """
        try await serve { server in
            // Twice, as the first run leaves nothing in the way of another.
            for _ in 0..<2 {
                let text = try await python(source, server.address)
                #expect(text == "all well\n")
            }
        }
    }

    @Test func ourOwnClientsAreServedBesideThem() async throws {
        try await serve { server in
            try await TestClient.with(TestClient(server.address)) { client in
                await client.run(makeToken(), "echo works")
                #expect(await client.rest() == "works\n")
            }
        }
    }

    @Test func aPythonClientThatIsKilledLeavesNothingBehind() async throws {
        let source = """
            import execnet, sys
            gateway = execnet.makegateway("socket=" + sys.argv[1])
            print(gateway.remote_exec("import os; channel.send(os.getpid())").receive(), flush=True)
            gateway.remote_exec("import time; time.sleep(1000)").waitclose()
            """
        try await serve { server in
            let output = try DescriptorPair.pipe()
            let client = try start(source, server.address, output.second)
            output.second.close()
            let reader = try DescriptorReader(output.first, poller: PollerThread.shared())
            let pid = try #require(Int32(String(decoding: await reader.next() ?? [], as: UTF8.self).dropLast()))
            client.signal(SIGKILL)
            _ = await client.ended()
            try await until { !exists(pid) }
        }
    }

    @Test func withoutTheOptionTheyAreRefused() async throws {
        try await TestServer.run { server in
            try await TestClient.with(TestClient(server.address)) { client in
                await client.send("'import socket'\n")
                #expect(await client.rest().hasPrefix("execnet-socketserver: malformed: "))
            }
        }
    }

    @Test func aStringThatIsNoneEndsItsProcessOnly() async throws {
        try await serve { server in
            try await TestClient.with(TestClient(server.address)) { client in
                await client.send("'not ended\n")
                #expect(await client.rest() == "")
            }
            let source = "import execnet, sys; execnet.makegateway('socket=' + sys.argv[1])"
            let text = try await python(source, server.address)
            #expect(text == "")
        }
    }

    @Test func aSourceWithoutEndIsNotTaken() async throws {
        try await serve { server in
            try await TestClient.with(TestClient(server.address)) { client in
                await client.send("'")
                async let end = client.rest()
                for _ in 0..<40 { await client.send(String(repeating: "x", count: 65_536)) }
                #expect(await end == "")
            }
        }
    }

    @Test func itIsForThisMachineAndWithoutAKeyOnly() async throws {
        let key = try TestKey.one.key()
        await #expect(throws: SocketServerError.self) {
            try await TestServer.run({
                $0.servesPythonSource = true
                $0.security = .key(key)
            }) { _ in }
        }
        await #expect(throws: SocketServerError.self) {
            try await TestServer.run({
                $0.servesPythonSource = true
                $0.addresses = [.tcp(host: "0.0.0.0", port: 0)]
                $0.allowsStrangers = true
            }) { _ in }
        }
    }

    private func serve(_ body: (TestServer) async throws -> Void) async throws {
        try await TestServer.run(
            {
                $0.servesPythonSource = true
                $0.limits.clientGone = .milliseconds(100)
            },
            body
        )
    }

    /// What a program prints that has Python's package.
    private func python(_ source: String, _ address: String) async throws -> String {
        let output = try DescriptorPair.pipe()
        let process = try start(source, address, output.second)
        output.second.close()
        let reader = try DescriptorReader(output.first, poller: PollerThread.shared())
        var text = ""
        while let bytes = await reader.next() { text += String(decoding: bytes, as: UTF8.self) }
        #expect(await process.ended() == .exited(0))
        return text
    }

    private func start(_ source: String, _ address: String, _ output: Descriptor) throws -> ChildProcess {
        let path = getenv("EXECNET_TEST_PYTHON").map { String(cString: $0) } ?? "python3"
        let python = try #require(ExecutablePath.find(path))
        return try ProcessPlan(executable: python, arguments: [python, "-c", source, address]).startForTest(
            output: output
        )
    }
}
