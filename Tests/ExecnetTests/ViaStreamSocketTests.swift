//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetCore
import ExecnetSystem
import ExecnetTestSupport
import Testing

/// Streams and sockets: one of this side that stands for a stream, and those that the hop connects to.
@Suite(.leavesNothingBehind)
struct ViaStreamSocketTests {
    // MARK: sockets

    @Test(.timeLimit(.minutes(1)), arguments: [GatewayKind.native, .python, .via])
    func eachDirectionOfASocketEndsByItself(kind: GatewayKind) async throws {
        try await kind.open { far in
            let socket = try await far.gateway.openStream(process: ["sh", "-c", "cat >/dev/null; echo bye"]).socket()
            _ = Array("input".utf8).withUnsafeBytes { socket.write($0) }
            shutdown(socket.value, Int32(SHUT_WR))
            let reader = try DescriptorReader(socket, poller: try PollerThread.shared())
            var bytes: [UInt8] = []
            while let more = await reader.next() { bytes += more }
            #expect(String(decoding: bytes, as: UTF8.self) == "bye\n")
            socket.close()
            try await far.expectEmptyTables()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [GatewayKind.native, .python], [false, true])
    func closingASocketClosesItsStream(kind: GatewayKind, endsFirst: Bool) async throws {
        try await kind.open { far in
            let stream = try await far.gateway.openStream(process: ["sleep", "1000"])
            let socket = try stream.socket()
            try await far.waitUntilExecuting(1)
            if endsFirst { shutdown(socket.value, Int32(SHUT_WR)) }
            socket.close()
            // It reads nothing, and ends only because nobody is left.
            try await far.expectEmptyTables()
        }
    }

    // MARK: connections

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases, ["127.0.0.1", "::1", "localhost", "unix"])
    func connectionsCarryBytesBothWays(kind: GatewayKind, host: String) async throws {
        try await kind.open { far in
            try await withTemporaryFolder { folder in
                let server = try EchoServer(host, path: folder + "/socket")
                let stream = try await far.gateway.openStream(to: server.target)
                let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                async let sending: Void = {
                    try await stream.channel.send(bytes)
                    stream.channel.end()
                }()
                var back: [UInt8] = []
                for try await piece in stream.channel.items(as: [UInt8].self) { back += piece }
                try await sending
                #expect(back == bytes)
                try await stream.channel.waitClose()
                try await far.expectEmptyTables()
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func connectionsThatCannotBeMadeAreRefused(kind: GatewayKind) async throws {
        try await kind.open { far in
            for (target, parts) in [
                (Connector.Target.tcp(host: "127.0.0.1", port: 1), ["127.0.0.1:1", "refused"]),
                (.tcp(host: "no-such-host.invalid", port: 80), ["no-such-host.invalid:80", "resolved"]),
                (.unix(path: "/nowhere/socket"), ["/nowhere/socket", "No such file"]),
                (.unix(path: String(repeating: "x", count: 200)), ["xxx", "too long"]),
            ] {
                let stream = try await far.gateway.openStream(to: target)
                let error = await expectRemoteError { try await stream.channel.waitClose() }
                #expect(error?.kind == .refused)
                for part in parts { #expect(error?.message.contains(part) == true, "\(error?.message ?? "")") }
            }
            try await far.expectEmptyTables()
        }
    }
}
