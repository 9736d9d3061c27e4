//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTLS
import ExecnetTestSupport
import Synchronization
import Testing

@testable import ExecnetSocketServer

/// What a request comes to, with and without TLS.
@Suite(.timeLimit(.minutes(1)), .leavesNothingBehind)
struct RunTests {
    @Test(arguments: Transport.allCases) func aProcessHasTheConnectionAsInputAndOutput(transport: Transport)
        async throws
    {
        try await serve(transport) { _, client in
            await client.run(makeToken(), "echo ready; tr a-z A-Z")
            #expect(await client.hear("ready\n") == "ready\n")
            await client.send("hello")
            client.endSending()
            #expect(await client.rest() == "HELLO")
        }
    }

    @Test(arguments: Transport.allCases) func whatFollowsTheRequestIsTheProcesss(transport: Transport) async throws {
        try await serve(transport) { _, client in
            await client.send("execnet 1 run \(makeToken()) cat\nfirst\nsecond")
            client.endSending()
            #expect(await client.rest() == "first\nsecond")
        }
    }

    @Test(arguments: Transport.allCases) func aMegabyteGoesBothWays(transport: Transport) async throws {
        try await serve(transport) { _, client in
            let bulk = String(repeating: "0123456789abcdef", count: 65_536)
            await client.run(makeToken(), "cat")
            async let answer = client.rest()
            await client.send(bulk)
            client.endSending()
            #expect(await answer == bulk)
        }
    }

    @Test(arguments: Transport.allCases) func whatItPrintedLastArrivesThoughTheClientStillSends(transport: Transport)
        async throws
    {
        try await serve(transport) { _, client in
            await client.send(
                "execnet 1 run \(makeToken()) head -c 1000000 /dev/zero\n" + String(repeating: "x", count: 100_000)
            )
            #expect(await client.rest().utf8.count == 1_000_000)
        }
    }

    @Test(arguments: Transport.allCases, [("exit 3", "exit 3"), ("kill -KILL $$", "signal 9")])
    func anAttachedConnectionHearsHowItEnded(transport: Transport, end: (command: String, words: String)) async throws {
        try await serve(transport) { server, client in
            let token = makeToken()
            await client.run(token, "echo ready; echo one >&2; read line; echo two >&2; \(end.command)")
            #expect(await client.hear("ready\n") == "ready\n")
            try await TestClient.with(transport.connect(to: server.address)) { errors in
                await errors.attach(token)
                #expect(await errors.hear("one\n") == "one\n")
                await client.send("\n")
                #expect(await errors.rest() == "two\n\n\(token) ended \(end.words)\n")
            }
            #expect(await client.rest() == "")
        }
    }

    @Test func attachMayComeFirst() async throws {
        try await serve(.plain) { server, client in
            let token = makeToken()
            try await TestClient.with(TestClient(server.address)) { errors in
                await errors.attach(token)
                // The server has this one in hand by the time that it has answered another.
                try await TestClient.with(TestClient(server.address)) { other in
                    await other.send("x\n")
                    _ = await other.rest()
                }
                await client.run(token, "echo one >&2")
                #expect(await errors.rest() == "one\n\n\(token) ended exit 0\n")
            }
        }
    }

    @Test func theEndOfTheErrorsIsKeptForALateAttach() async throws {
        try await serve(.plain) { server, client in
            let token = makeToken()
            await client.run(token, "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done >&2; exit 4")
            #expect(await client.rest() == "")
            try await TestClient.with(TestClient(server.address)) { errors in
                await errors.attach(token)
                let text = await errors.rest()
                #expect(text.hasSuffix("line 19999\n\n\(token) ended exit 4\n"))
                #expect(text.utf8.count == ErrorOutput.capacity + "\n\(token) ended exit 4\n".utf8.count)
            }
        }
    }

    @Test func aStatusIsForgottenAfterItsTime() async throws {
        let change: (inout SocketServerConfiguration) -> Void = {
            $0.limits.statusKept = .zero
            $0.limits.request = .milliseconds(100)
        }
        try await serve(.plain, change) { server, client in
            let token = makeToken()
            await client.run(token, "true")
            #expect(await client.rest() == "")
            try await TestClient.with(TestClient(server.address)) { errors in
                await errors.attach(token)
                #expect(await errors.rest() == "execnet-socketserver: unknown: no process has that token\n")
            }
        }
    }

    @Test func anUnknownTokenIsRefusedAfterItsTime() async throws {
        try await serve(.plain, { $0.limits.request = .milliseconds(100) }) { _, client in
            await client.attach(makeToken())
            #expect(await client.rest() == "execnet-socketserver: unknown: no process has that token\n")
        }
    }

    @Test func aTokenIsForOneProcess() async throws {
        try await serve(.plain) { server, client in
            let token = makeToken()
            await client.run(token, "echo ready; cat")
            #expect(await client.hear("ready\n") == "ready\n")
            try await TestClient.with(TestClient(server.address)) { other in
                await other.run(token, "true")
                #expect(await other.rest() == "execnet-socketserver: failed: the token is in use\n")
            }
        }
    }

    @Test func moreProcessesThanMayRunAreRefused() async throws {
        try await serve(.plain, { $0.maximumGateways = 1 }) { server, client in
            await client.run(makeToken(), "echo ready; cat")
            #expect(await client.hear("ready\n") == "ready\n")
            try await TestClient.with(TestClient(server.address)) { other in
                await other.run(makeToken(), "true")
                #expect(await other.rest() == "execnet-socketserver: full: 1 processes run, and no more may\n")
            }
            client.endSending()
            #expect(await client.rest() == "")
            try await TestClient.with(TestClient(server.address)) { other in
                await other.run(makeToken(), "echo again")
                #expect(await other.rest() == "again\n")
            }
        }
    }

    @Test(arguments: Transport.allCases) func aLineThatIsNoneIsRefused(transport: Transport) async throws {
        try await serve(transport) { _, client in
            await client.send("execnet 1 walk\n")
            #expect(await client.rest().hasPrefix("execnet-socketserver: malformed: "))
        }
    }

    @Test(arguments: Transport.allCases) func aLineMayHave65536Bytes(transport: Transport) async throws {
        let start = "execnet 1 run \(makeToken()) echo "
        let longest = start + String(repeating: "x", count: Request.maximumLength - start.utf8.count - 1) + "\n"
        try await serve(transport) { server, client in
            await client.send(longest)
            #expect(await client.rest() == String(longest.dropFirst(start.count)))
            try await TestClient.with(transport.connect(to: server.address)) { other in
                await other.send("x" + longest)
                #expect(await other.rest().hasPrefix("execnet-socketserver: malformed: the line is longer"))
            }
        }
    }

    @Test func oneTimerWatchesForIdleness() async throws {
        try await serve(.plain, { $0.idleTimeout = .seconds(600) }) { server, client in
            await client.close()
            for _ in 0..<20 {
                try await TestClient.with(TestClient(server.address)) { other in
                    await other.send("x\n")
                    _ = await other.rest()
                }
                try await until { server.connections == 0 }
            }
            // One more is for the time that requests may take.
            #expect(server.server.state.withLock { $0.timers.count } <= 2)
        }
    }

    @Test func whatAProcessStartedEndsWithIt() async throws {
        try await serve(.plain) { _, client in
            await client.run(makeToken(), "sleep 1000 & echo $!")
            let pid = try #require(await Int32(client.rest().dropLast()))
            try await until { !exists(pid) }
        }
    }

    private func serve(
        _ transport: Transport,
        _ change: (inout SocketServerConfiguration) -> Void = { _ in },
        _ body: (TestServer, TestClient) async throws -> Void
    ) async throws {
        let security = try transport.security()
        try await TestServer.run({
            $0.security = security
            change(&$0)
        }) { server in
            try await TestClient.with(transport.connect(to: server.address)) { try await body(server, $0) }
        }
    }
}
