//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetCore
import ExecnetSystem
import ExecnetTestSupport
import Synchronization
import Testing

/// Streams of raw bytes through an open gateway, the hop: what `via=` rests on.
@Suite(.leavesNothingBehind)
struct ViaStreamTests {
    // MARK: processes

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

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func aProcessThatDoesNotReadBoundsWhatIsHeld(kind: GatewayKind) async throws {
        try await kind.open { far in
            let stream = try await far.gateway.openStream(process: ["sleep", "1000"])
            let pid = try await far.gateway.info().pid
            let hop = try MemoryPeak(of: pid)
            let sent = Mutex(0)
            let piece = [UInt8](repeating: 1, count: 60_000)
            while true {
                do {
                    try await stream.channel.send(piece, timeout: .seconds(2))
                    sent.withLock { $0 += piece.count }
                } catch let error as ChannelError where error.code == .timedOut {
                    break
                }
                if sent.withLock({ $0 }) > 64 << 20 { break }
            }
            #expect(sent.withLock { $0 } < 8 << 20)
            #expect(try hop.growth < 24 << 20)
            // Others go on.
            try await far.expectUsable()
            try stream.channel.close()
            try await far.expectEmptyTables()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func aProcessWhoseOutputNobodyTakesBoundsWhatIsHeld(kind: GatewayKind) async throws {
        try await kind.open { far in
            let stream = try await far.gateway.openStream(process: ["sh", "-c", "cat /dev/zero"])
            let pid = try await far.gateway.info().pid
            let hop = try MemoryPeak(of: pid)
            // The window fills, and the others are as fast as ever.
            for _ in 0..<200 { try await far.expectUsable() }
            #expect(try hop.growth < 24 << 20)
            _ = try await stream.channel.receive(as: [UInt8].self)
            try stream.channel.close()
            try await far.expectEmptyTables()
        }
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: GatewayKind.allCases,
        ["exec sleep 1000", "trap '' TERM; while :; do sleep 1; done"]
    )
    func closingLeavesNoProcess(kind: GatewayKind, script: String) async throws {
        try await kind.open { far in
            let stream = try await far.gateway.openStream(process: ["sh", "-c", "echo $$; \(script)"])
            let line = try await stream.channel.receive(as: [UInt8].self)
            let pid = try #require(Int(String(decoding: line.dropLast(), as: UTF8.self)))
            #expect(isRunning(pid))
            try stream.channel.close()
            try await far.expectEmptyTables()
            #expect(!isRunning(pid))
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func streamsLeaveNoDescriptorsOnTheHop(kind: GatewayKind) async throws {
        try await kind.open { far in
            let pid = try await far.gateway.info().pid
            var before = 0
            for round in 0..<12 {
                // The first rounds open what is kept.
                if round == 2 { before = try descriptorCount(of: pid) }
                let stream = try await far.gateway.openStream(process: ["sh", "-c", "echo; cat; echo >&2"])
                let log = ErrorLog(stream)
                // The last one perhaps before it has begun.
                if round < 11 { _ = try await stream.channel.receive(as: [UInt8].self) }
                if round % 3 == 2 {
                    try stream.channel.close()
                } else {
                    stream.channel.end()
                    _ = await log.end
                    try await stream.channel.waitClose()
                }
                let refused = try await far.gateway.openStream(to: .tcp(host: "127.0.0.1", port: 1))
                await expectRemoteError { try await refused.channel.waitClose() }
                try await far.expectEmptyTables()
            }
            while try descriptorCount(of: pid) > before {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func whatIsLeftBehindAndPrintsForEverIsNotWaitedFor() async throws {
        try await GatewayKind.native.open { far in
            let stream = try await far.gateway.openStream(process: ["sh", "-c", "setsid yes & read line; exit 4"])
            _ = try await stream.channel.receive(as: [UInt8].self)
            try await stream.channel.send(Array("go\n".utf8))
            for try await _ in stream.channel.items(as: [UInt8].self) {}
            try await stream.channel.waitClose()
            try await far.expectEmptyTables()
        }
    }

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

// MARK: gateways behind gateways

@Suite(.leavesNothingBehind)
struct ViaGatewayTests {
    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func aGatewayWorksThroughAnother(kind: GatewayKind) async throws {
        try await kind.open("//id=hop") { hop in
            let inner = try await behind(hop.gateway, id: "inner")
            let far = GatewayUnderTest(kind: .native, gateway: inner)
            try await far.expectUsable()
            let bytes = [UInt8](repeating: 5, count: 5_000_000)
            let channel = try await far.echo()
            async let sending: Void = channel.send(bytes)
            #expect(try await channel.receive(as: [UInt8].self) == bytes)
            try await sending
            #expect(await inner.close() == .ended)
            try await hop.expectUsable()
            try await hop.expectEmptyTables()
        }
    }

    @Test(.timeLimit(.minutes(2))) func chainsOfThreeWork() async throws {
        try await withGateway("popen//id=one", configuration: .quiet) { one in
            let two = try await behind(one, id: "two")
            let three = try await behind(two, id: "three")
            let far = GatewayUnderTest(kind: .native, gateway: three)
            let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            for _ in 0..<3 {
                let channel = try await far.echo()
                async let sending: Void = channel.send(bytes)
                #expect(try await channel.receive(as: [UInt8].self) == bytes)
                try await sending
                try channel.close()
            }
            try await far.expectUsable()
            #expect(await three.close() == .ended)
            #expect(await two.close() == .ended)
            try await GatewayUnderTest(kind: .native, gateway: one).expectEmptyTables()
        }
    }

    @Test(.timeLimit(.minutes(1))) func losingAHopEndsTheOnesBehindIt() async throws {
        try await withGateway("popen//id=one", configuration: .quiet) { one in
            let two = try await behind(one, id: "two")
            let three = try await behind(two, id: "three")
            let waiting = try await GatewayUnderTest(kind: .native, gateway: three).waiter()
            let last = try await three.info().pid
            killProcess(try await one.info().pid)
            do {
                _ = try await waiting.receive(as: Int.self)
                Issue.record("the hop is gone")
            } catch {
                #expect("\(error)".contains("gateway \"two\""), "\(error)")
                #expect("\(error)".contains("gateway \"one\""), "\(error)")
            }
            #expect(!two.isOpen && !three.isOpen)
            while isRunning(last) { await Task.yield() }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func anAgentThatEndsIsReportedWithItsStatus(kind: GatewayKind) async throws {
        try await kind.open("//id=hop") { hop in
            let inner = try await behind(hop.gateway, id: "inner")
            let words = try await inner.remoteExec { _ in writeRaw("famous last words\n", to: 2) }
            try await words.waitClose()
            let channel = try await inner.remoteExec { _ in exitProcess(7) }
            let error = await expectGatewayError(.agentEnded) { try await channel.waitClose() }
            #expect(error?.message.contains("exit status 7") == true, "\(error?.message ?? "")")
            #expect(error?.standardError.contains("famous last words") == true)
            try await hop.expectUsable()
            try await hop.expectEmptyTables()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func whatCannotBeReachedIsSaidSo(kind: GatewayKind) async throws {
        try await kind.open("//id=hop") { hop in
            let stream = try await hop.gateway.openStream(to: .tcp(host: "127.0.0.1", port: 1))
            let error = await expectGatewayError(.launchFailed) {
                try await Gateway.start(
                    id: "inner",
                    spec: "",
                    stream: stream.launched,
                    configuration: .quiet
                )
            }
            #expect(error?.message.contains("hop") == true && error?.message.contains("127.0.0.1:1") == true)
            try await hop.expectEmptyTables()
        }
    }

    /// A slow or stuck inner channel holds up neither the others of its gateway nor those of the hop.
    @Test(.timeLimit(.minutes(1))) func aStuckInnerChannelHoldsUpNoOther() async throws {
        try await withGateway("popen//id=hop", configuration: .quiet) { hop in
            let inner = try await behind(hop, id: "inner")
            let far = GatewayUnderTest(kind: .native, gateway: inner)
            let stuck = try await far.waiter()
            let flood = Task { try await stuck.send([UInt8](repeating: 0, count: 64 << 20)) }
            let flooding = try await inner.remoteExec { channel in
                let item = [UInt8](repeating: 0, count: 60_000)
                while true { try await channel.send(item) }
            }
            for _ in 0..<20 {
                try await far.expectUsable()
                try await GatewayUnderTest(kind: .native, gateway: hop).expectUsable()
            }
            flood.cancel()
            _ = await flood.result
            try flooding.close()
            try stuck.close()
            await inner.close()
        }
    }

    /// Opens a gateway to an agent that is started on another one: this bundle's own image.
    private func behind(_ hop: Gateway, id: String) async throws -> Gateway {
        let stream = try await hop.openStream(
            process: ["execnet-agent[\(id)]"],
            executable: ExecutablePath.resolvedRunning,
            environment: ["EXECNET_AGENT": "1", "SWIFT_BACKTRACE": "enable=no"]
        )
        return try await Gateway.start(
            id: id,
            spec: "via",
            stream: stream.launched,
            configuration: .quiet
        )
    }
}

// MARK: helpers

extension GatewayStream {
    /// All that comes, as text.
    fileprivate func text() async throws -> String {
        var bytes: [UInt8] = []
        for try await piece in channel.items(as: [UInt8].self) { bytes += piece }
        return String(decoding: bytes, as: UTF8.self)
    }
}

private func descriptorCount(of pid: Int) throws -> Int {
    let folder = try #require(opendir("/proc/\(pid)/fd"))
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    return count
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

/// What a stream's process writes to its standard error, and how it ends.
private final class ErrorLog: Sendable {
    private let bytes = Mutex<[UInt8]>([])
    private let stream: GatewayStream
    private let ends: AsyncStream<Void>

    init(_ stream: GatewayStream) {
        self.stream = stream
        let (ends, end) = AsyncStream<Void>.makeStream()
        self.ends = ends
        stream.errors?.start(onBytes: { more in self.bytes.withLock { $0 += more } }, onEnd: { end.finish() })
    }

    /// Nil: nobody knows.
    var end: ExecnetSystem.ExitStatus? {
        get async {
            for await _ in ends {}
            return stream.errors?.process.exitStatus
        }
    }

    var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
}
