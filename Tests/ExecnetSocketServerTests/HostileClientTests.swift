//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTLS
import ExecnetTestSupport
import NIOSSL
import Synchronization
import Testing

@testable import ExecnetSocketServer

/// Clients that want something else, each beside one that works before, meanwhile and after.
@Suite(.timeLimit(.minutes(1)), .leavesNothingBehind)
struct HostileClientTests {
    @Test(arguments: Transport.allCases) func aThousandHalfOpenConnectionsKeepNobodyOut(transport: Transport)
        async throws
    {
        let change: (inout SocketServerConfiguration) -> Void = {
            $0.limits.pendingConnections = 64
            $0.limits.request = .seconds(600)
        }
        try await besideAnother(transport, change) { server in
            // Each of them is there: it has been accepted, or waits for that in the system's queue.
            var halfOpen: [Descriptor] = []
            for _ in 0..<1_000 {
                let socket = try TestClient.connect(server.address)
                _ = [UInt8(ascii: "e")].withUnsafeBytes { socket.write($0) }
                halfOpen.append(socket)
                // Descriptors of this process are for the server too.
                if halfOpen.count == 300 { halfOpen.removeFirst().close() }
            }
            try await TestClient.with(transport.connect(to: server.address)) { client in
                await client.run(makeToken(), "echo works")
                #expect(await client.rest() == "works\n")
            }
            // Those that were too many have been given up, long before the time for a request has passed.
            let oldest = try #require(halfOpen.first)
            var byte: UInt8 = 0
            try await until {
                switch withUnsafeMutableBytes(of: &byte, { oldest.receive(into: $0) }) {
                case .ended: true
                // One that is not TLS where TLS is expected has been told so.
                case .bytes, .wouldBlock: false
                }
            }
        }
    }

    @Test(arguments: ["x", "", "\u{16}"]) func aConnectionThatSaysTooLittleIsDropped(text: String) async throws {
        for transport in Transport.allCases {
            try await besideAnother(transport, { $0.limits.request = .milliseconds(200) }) { server in
                try await TestClient.with(TestClient(server.address)) { client in
                    await client.send(text)
                    // It ends; what is said before that differs.
                    _ = await client.rest()
                }
            }
        }
    }

    @Test(arguments: Transport.allCases) func aLineThatComesByteByByteMustBeThereInTimeAllTheSame(transport: Transport)
        async throws
    {
        try await besideAnother(transport, { $0.limits.request = .milliseconds(300) }) { server in
            try await TestClient.with(transport.connect(to: server.address)) { client in
                async let end = client.rest()
                let start = MonotonicTime.now
                var last = start
                while start.until(.now) < .milliseconds(300) {
                    // A byte now and then, as one whose last was never long ago.
                    guard last.until(.now) > .milliseconds(5) else { continue }
                    last = .now
                    await client.send("e")
                }
                #expect(await end == "")
            }
        }
    }

    @Test func anotherKeyIsRefused() async throws {
        try await besideAnother(.key) { server in
            await #expect(throws: (any Error).self) {
                try await TestClient.secure(server.address, key: TestKey.other.bytes).close()
            }
        }
    }

    @Test func anotherIdentityIsRefused() async throws {
        try await besideAnother(.key) { server in
            await #expect(throws: (any Error).self) {
                try await TestClient.secure(server.address, key: TestKey.one.bytes, identity: "somebody").close()
            }
        }
    }

    @Test func tlsWithoutAKeyIsRefused() async throws {
        try await besideAnother(.key) { server in
            await #expect(throws: (any Error).self) {
                var configuration = TLSConfiguration.makeClientConfiguration()
                configuration.certificateVerification = .none
                try await TestClient.secure(server.address, configuration).close()
            }
        }
    }

    @Test func aPlainClientHearsThatTheServerHasAKey() async throws {
        try await besideAnother(.key) { server in
            try await TestClient.with(TestClient(server.address)) { client in
                await client.run(makeToken(), "true")
                #expect(await client.rest().hasPrefix("execnet-socketserver: malformed: this server takes TLS only"))
            }
        }
    }

    @Test func aClientWithTLSEndsAtAServerWithout() async throws {
        try await besideAnother(.plain) { server in
            await #expect(throws: (any Error).self) {
                try await TestClient.secure(server.address, key: TestKey.one.bytes).close()
            }
        }
    }

    @Test(arguments: Transport.allCases) func aProcessEndsSomeTimeAfterItsClientHasGone(transport: Transport)
        async throws
    {
        let change: (inout SocketServerConfiguration) -> Void = {
            $0.limits.clientGone = .milliseconds(50)
            $0.limits.termination = .milliseconds(50)
        }
        try await besideAnother(transport, change) { server in
            let client = try await transport.connect(to: server.address)
            await client.run(makeToken(), "trap '' TERM HUP; sleep 1000 & echo $! $$; while :; do wait; done")
            let pids = await client.hear("\n").split { !$0.isNumber }.compactMap { Int32($0) }
            #expect(pids.count == 2)
            await client.vanish()
            try await until { pids.allSatisfy { !exists($0) } }
        }
    }

    @Test(arguments: Transport.allCases) func aProcessThatReadsEndsWithItsClientAtOnce(transport: Transport)
        async throws
    {
        try await besideAnother(transport, { $0.limits.clientGone = .seconds(600) }) { server in
            let client = try await transport.connect(to: server.address)
            await client.run(makeToken(), "echo $$; exec cat")
            let pid = try #require(await Int32(client.hear("\n").dropLast()))
            await client.vanish()
            try await until { !exists(pid) }
        }
    }

    @Test(arguments: Transport.allCases) func aProcessThatDoesNotReadEndsAfterItsClientTooThoughMuchIsUnread(
        transport: Transport
    ) async throws {
        let change: (inout SocketServerConfiguration) -> Void = { $0.limits.clientGone = .milliseconds(50) }
        try await besideAnother(transport, change) { server in
            let client = try await transport.connect(to: server.address)
            await client.run(makeToken(), "echo $$; exec sleep 1000")
            let pid = try #require(await Int32(client.hear("\n").dropLast()))
            let sent = Mutex(0)
            async let sending: Void = {
                let piece = String(repeating: "x", count: 100_000)
                for _ in 0..<1_000 {
                    await client.send(piece)
                    sent.withLock { $0 += 1 }
                }
            }()
            // Everything on the way is full.
            try await untilSteady { sent.withLock { $0 } }
            client.reset()
            try await until { !exists(pid) }
            // Whoever waits for room must have been told before there is nothing any more to wait for.
            await sending
            await client.close()
        }
    }

    @Test(arguments: Transport.allCases) func aClientThatDoesNotReadHoldsUpNoStop(transport: Transport) async throws {
        let security = try transport.security()
        let change: (inout SocketServerConfiguration) throws -> Void = {
            $0.security = security
            $0.limits.clientGone = .milliseconds(100)
            $0.grace = .zero
        }
        try await TestServer.run(change) { server in
            try await TestClient.with(transport.connect(to: server.address)) { client in
                await client.run(makeToken(), "echo $$; exec cat /dev/zero")
                let text = await client.next() ?? ""
                let pid = try #require(Int32(text.prefix { $0 != "\n" }))
                try await untilSteady { writtenBytes(pid) }
                server.server.stop()
                try await until { server.server.state.withLock { $0.open.isEmpty } }
            }
        }
    }

    @Test(arguments: Transport.allCases) func anAttachIsOverWhenItsClientHasGoneThoughNothingIsPrinted(
        transport: Transport
    ) async throws {
        try await besideAnother(transport, { $0.limits.clientGone = .milliseconds(50) }) { server in
            let before = server.connections
            try await TestClient.with(transport.connect(to: server.address)) { client in
                let token = makeToken()
                await client.run(token, "read line; echo one >&2; read line; exit 3")
                let errors = try await transport.connect(to: server.address)
                await errors.attach(token)
                await client.send("\n")
                #expect(await errors.hear("one\n") == "one\n")
                await errors.vanish()
                try await until { server.connections == before + 1 }
                // The next one gets the rest.
                try await TestClient.with(transport.connect(to: server.address)) { errors in
                    await errors.attach(token)
                    await client.send("\n")
                    #expect(await errors.rest() == "\n\(token) ended exit 3\n")
                }
            }
        }
    }

    /// Whoever sends without end to a process that has ended is not listened to until his time is up.
    @Test func aClientThatGoesOnSendingHoldsUpNoEnd() async throws {
        try await besideAnother(.plain, { $0.limits.closing = .seconds(600) }) { server in
            let before = server.connections
            let client = try TestClient(server.address)
            await client.run(makeToken(), "true")
            let piece = String(repeating: "x", count: 100_000)
            try await until { server.connections > before }
            async let sending: Void = {
                for _ in 0..<1_000 { await client.send(piece) }
            }()
            try await until { server.connections == before }
            await sending
            await client.close()
        }
    }

    private func writtenBytes(_ pid: Int32) -> Int {
        let text = String(decoding: SmallFile.read("/proc/\(pid)/io") ?? [], as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("wchar: ") }
        return line.flatMap { Int($0.dropFirst("wchar: ".count)) } ?? 0
    }

    @Test(arguments: Transport.allCases) func aClientThatReadsNoErrorsHoldsUpNoEnd(transport: Transport) async throws {
        try await besideAnother(transport, { $0.limits.clientGone = .milliseconds(100) }) { server in
            let token = makeToken()
            try await TestClient.with(transport.connect(to: server.address)) { client in
                await client.run(token, "read line; echo $$; cat /dev/zero >&2")
                let errors = try await transport.connect(to: server.address)
                await errors.attach(token)
                await client.send("\n")
                let pid = try #require(await Int32(client.hear("\n").dropLast()))
                await client.close()
                try await until { !exists(pid) }
                await errors.close()
            }
        }
    }

    /// A server with a client that must not notice anything of what `body` does.
    private func besideAnother(
        _ transport: Transport,
        _ change: (inout SocketServerConfiguration) -> Void = { _ in },
        _ body: (TestServer) async throws -> Void
    ) async throws {
        let security = try transport.security()
        try await TestServer.run({
            $0.security = security
            change(&$0)
        }) { server in
            try await TestClient.with(transport.connect(to: server.address)) { other in
                await other.run(makeToken(), "echo ready; exec cat")
                #expect(await other.hear("ready\n") == "ready\n")
                try await body(server)
                await other.send("still there\n")
                #expect(await other.hear("\n") == "still there\n")
            }
            try await TestClient.with(transport.connect(to: server.address)) { later in
                await later.run(makeToken(), "echo later")
                #expect(await later.rest() == "later\n")
            }
        }
    }
}
