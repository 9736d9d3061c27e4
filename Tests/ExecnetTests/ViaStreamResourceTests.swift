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

/// What streams take and leave on the hop: memory, processes, descriptors.
@Suite(.leavesNothingBehind)
struct ViaStreamResourceTests {
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
}

private func descriptorCount(of pid: Int) throws -> Int {
    let folder = try #require(opendir("/proc/\(pid)/fd"))
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    return count
}
