//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

/// How the program ends, and what becomes of its processes.
@Suite(.timeLimit(.minutes(1)), .leavesNothingBehind)
struct ServerProgramEndTests {
    @Test func servingOnceItEndsAfterOneProcess() async throws {
        try await ServerProgram.with(["--listen", "127.0.0.1:0", "--once"]) { program in
            let address = try await program.address()
            let token = makeToken()
            try await TestClient.with(TestClient(address)) { client in
                await client.run(token, "echo ready; read line")
                #expect(await client.hear("\n") == "ready\n")
                try await TestClient.with(TestClient(address)) { other in
                    await other.run(makeToken(), "true")
                    #expect(await other.rest().hasPrefix("execnet-socketserver: full: "))
                }
                try await TestClient.with(TestClient(address)) { errors in
                    await errors.attach(token)
                    await client.send("\n")
                    #expect(await errors.rest() == "\n\(token) ended exit 0\n")
                }
            }
            #expect(await program.process.ended() == .exited(0))
        }
    }

    @Test func idleItEnds() async throws {
        try await ServerProgram.with(["--listen", "127.0.0.1:0", "--idle-timeout", "0.5"]) { program in
            let address = try await program.address()
            let start = MonotonicTime.now
            try await TestClient.with(TestClient(address)) { client in
                await client.run(makeToken(), "sleep 1; echo done")
                // A connection that lasts longer than the time is no idleness.
                #expect(await client.rest() == "done\n")
            }
            #expect(await program.process.ended() == .exited(0))
            #expect(start.until(.now) >= .milliseconds(1_500))
        }
    }

    @Test func aSignalEndsItWhenNothingRuns() async throws {
        for signal in [SIGTERM, SIGINT] {
            try await ServerProgram.with(["--listen", "127.0.0.1:0"]) { program in
                _ = try await program.address()
                program.process.signal(signal)
                #expect(await program.process.ended() == .exited(0))
            }
        }
    }

    @Test func stoppedItLetsWhatRunsComeToItsEnd() async throws {
        try await ServerProgram.with(["--listen", "127.0.0.1:0", "--grace", "600"]) { program in
            let address = try await program.address()
            try await TestClient.with(TestClient(address)) { client in
                await client.run(makeToken(), "echo ready; read line; echo $line")
                #expect(await client.hear("\n") == "ready\n")
                program.process.signal(SIGTERM)
                try await until { (try? TestClient.connect(address)) == nil }
                await client.send("went on\n")
                #expect(await client.rest() == "went on\n")
            }
            #expect(await program.process.ended() == .exited(0))
        }
    }

    @Test func stoppedItEndsWhatGoesOnLongerThanItMay() async throws {
        try await ServerProgram.with(["--listen", "127.0.0.1:0", "--grace", "0.1"]) { program in
            let address = try await program.address()
            try await TestClient.with(TestClient(address)) { client in
                await client.run(
                    makeToken(),
                    "trap 'echo asked to; exit' TERM; echo ready; while :; do sleep 0.1; done"
                )
                #expect(await client.hear("\n") == "ready\n")
                program.process.signal(SIGTERM)
                #expect(await client.rest() == "asked to\n")
            }
            #expect(await program.process.ended() == .exited(0))
        }
    }

    @Test func stoppedTwiceItEndsEverythingAtOnce() async throws {
        try await ServerProgram.with(["--listen", "127.0.0.1:0", "--grace", "600"]) { program in
            let address = try await program.address()
            try await TestClient.with(TestClient(address)) { client in
                await client.run(makeToken(), "trap '' TERM; echo $$; while :; do sleep 1000; done")
                let pid = try #require(await Int32(client.hear("\n").dropLast()))
                program.process.signal(SIGTERM)
                try await until { (try? TestClient.connect(address)) == nil }
                program.process.signal(SIGTERM)
                #expect(await client.rest() == "")
                try await until { !exists(pid) }
            }
            #expect(await program.process.ended() == .exited(0))
        }
    }

    @Test func killedItLeavesPlainConnectionsToTheirProcesses() async throws {
        try await ServerProgram.with(["--listen", "127.0.0.1:0"]) { program in
            let address = try await program.address()
            let client = try TestClient(address)
            await client.run(makeToken(), "echo $$; exec cat")
            let pid = try #require(await Int32(client.hear("\n").dropLast()))
            program.process.signal(SIGKILL)
            _ = await program.process.ended()
            await client.send("goes on\n")
            #expect(await client.hear("\n") == "goes on\n")
            await client.vanish()
            try await until { !exists(pid) }
        }
    }

    @Test func killedItEndsConnectionsOfTLS() async throws {
        try await TestKey.one.withFile { path in
            try await ServerProgram.with(["--listen", "127.0.0.1:0", "--key-file", path]) { program in
                let client = try await Transport.key.connect(to: program.address())
                await client.run(makeToken(), "echo $$; exec cat")
                let pid = try #require(await Int32(client.hear("\n").dropLast()))
                program.process.signal(SIGKILL)
                #expect(await client.rest() == "")
                try await until { !exists(pid) }
                await client.close()
            }
        }
    }

    @Test func aKilledClientsProcessEndsAndOthersDoNot() async throws {
        try await ServerProgram.with(["--listen", "127.0.0.1:0"]) { program in
            let address = try await program.address()
            try await TestClient.with(TestClient(address)) { other in
                await other.run(makeToken(), "echo ready; exec cat")
                #expect(await other.hear("\n") == "ready\n")
                let output = try DescriptorPair.pipe()
                let source = """
                    import socket, sys
                    host, port = sys.argv[1].rsplit(":", 1)
                    s = socket.create_connection((host, int(port)))
                    s.sendall(b"execnet 1 run \(makeToken()) echo $$; exec cat\\n")
                    print(s.recv(100).decode(), end="", flush=True)
                    s.recv(1)
                    """
                let client = try ProcessPlan(executable: python(), arguments: ["python3", "-c", source, address])
                    .startForTest(output: output.second)
                output.second.close()
                let reader = try DescriptorReader(output.first, poller: PollerThread.shared())
                let text = String(decoding: try #require(await reader.next()), as: UTF8.self)
                let pid = try #require(Int32(text.dropLast()))
                #expect(exists(pid))
                client.signal(SIGKILL)
                _ = await client.ended()
                try await until { !exists(pid) }
                await other.send("here\n")
                #expect(await other.hear("\n") == "here\n")
            }
        }
    }
}
