//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetCore
import ExecnetSystem
import ExecnetTestSupport
import Testing

/// Streams of raw bytes through an open gateway, the hop, to a process there: what `via=` rests on.
@Suite(.leavesNothingBehind)
struct ViaStreamProcessTests {
    @Test(.timeLimit(.minutes(2)), arguments: GatewayKind.allCases)
    func bytesPassExactlyBothWays(kind: GatewayKind) async throws {
        try await kind.open { far in
            let stream = try await far.gateway.openStream(process: ["cat"])
            let size = far.kind == .native ? 64 << 20 : 16 << 20
            async let sending: Void = {
                for piece in RandomBytes(size: size) { try await stream.channel.send(piece) }
                stream.channel.end()
            }()
            var expected = RandomBytes(size: size).makeIterator()
            var piece: [UInt8] = []
            var used = 0
            var count = 0
            for try await bytes in stream.channel.items(as: [UInt8].self) {
                #expect(bytes.count <= 65_533)
                count += bytes.count
                var compared = 0
                while compared < bytes.count {
                    if used == piece.count {
                        let next = expected.next()
                        piece = try #require(next)
                        used = 0
                    }
                    let common = min(bytes.count - compared, piece.count - used)
                    try #require(areEqual(bytes[compared..<compared + common], piece[used..<used + common]))
                    compared += common
                    used += common
                }
            }
            try await sending
            #expect(count == size)
            try await stream.channel.waitClose()
            try await far.expectEmptyTables()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func standardErrorAndStatusAreReported(kind: GatewayKind) async throws {
        try await kind.open { far in
            for (script, end, errors) in [
                (
                    "echo out; echo first >&2; echo last >&2; exit 3", ExecnetSystem.ExitStatus.exited(3),
                    "first\nlast\n"
                ),
                ("printf out; printf e >&2; kill -9 $$", .signalled(9), "e"),
                ("head -c 200000 /dev/zero >&2", .exited(0), String(repeating: "\0", count: 200_000)),
                // What is left behind and holds the output is not waited for.
                ("printf out; sleep 1000 & exit 4", .exited(4), ""),
            ] {
                let stream = try await far.gateway.openStream(process: ["sh", "-c", script])
                let log = ErrorLog(stream)
                #expect(await log.end == end, "\(script)")
                #expect(log.text == errors, "\(script)")
                var output: [UInt8] = []
                for try await bytes in stream.channel.items(as: [UInt8].self) { output += bytes }
                #expect(output.isEmpty || String(decoding: output, as: UTF8.self).hasPrefix("out"), "\(script)")
                try await stream.channel.waitClose()
            }
            try await far.expectEmptyTables()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func environmentDirectoryAndNameAreTheProcesss(kind: GatewayKind) async throws {
        try await kind.open { far in
            let stream = try await far.gateway.openStream(
                process: ["another name", "-c", "printf '%s ' \"$0\" \"$A\" \"$(pwd)\""],
                executable: "sh",
                environment: ["A": "ä b"],
                directory: "/tmp"
            )
            #expect(try await stream.text() == "another name ä b /tmp ")
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func whatCannotBeStartedIsRefused(kind: GatewayKind) async throws {
        try await kind.open { far in
            for (name, part) in [("no-such-program", "no-such-program"), ("/etc/passwd", "ermission denied")] {
                let stream = try await far.gateway.openStream(process: [name])
                let log = ErrorLog(stream)
                let error = await expectRemoteError(part) { try await stream.channel.waitClose() }
                #expect(error?.kind == .refused)
                #expect(await log.end == nil)
            }
            try await far.expectEmptyTables()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func signalsReachAProcessThatDoesNotRead(kind: GatewayKind) async throws {
        try await kind.open { far in
            let stream = try await far.gateway.openStream(process: ["sleep", "1000"])
            let log = ErrorLog(stream)
            let flood = Task { while true { try await stream.channel.send([UInt8](repeating: 0, count: 60_000)) } }
            try await far.waitUntilExecuting(1)
            stream.errors?.process.signal(SIGTERM)
            #expect(await log.end == .signalled(SIGTERM))
            try await stream.channel.waitClose()
            flood.cancel()
            _ = await flood.result
        }
    }
}

extension GatewayStream {
    /// All that comes, as text.
    fileprivate func text() async throws -> String {
        var bytes: [UInt8] = []
        for try await piece in channel.items(as: [UInt8].self) { bytes += piece }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// As `==`, which takes long in a debug build.
private func areEqual(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
    left.withUnsafeBytes { left in
        right.withUnsafeBytes { right in
            guard let mine = left.baseAddress, let other = right.baseAddress else { return left.count == right.count }
            return left.count == right.count && memcmp(mine, other, left.count) == 0
        }
    }
}

/// Pieces of repeatable random bytes, of many sizes.
private struct RandomBytes: Sequence {
    let size: Int

    func makeIterator() -> some IteratorProtocol<[UInt8]> {
        var state: UInt64 = 42
        var left = size
        return AnyIterator {
            guard left > 0 else { return nil }
            func next() -> UInt64 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return state
            }
            let count = Swift.min(left, 1 + Int(next() >> 33) % 200_000)
            left -= count
            var bytes = [UInt8](repeating: 0, count: (count + 7) / 8 * 8)
            bytes.withUnsafeMutableBytes { memory in
                for index in 0..<memory.count / 8 {
                    memory.storeBytes(of: next(), toByteOffset: index * 8, as: UInt64.self)
                }
            }
            return Array(bytes.prefix(count))
        }
    }
}
