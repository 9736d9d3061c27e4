//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetSystem
import ExecnetTestSupport
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Many gateways that plant the same agent in the same place at the same time.
@Suite(.leavesNothingBehind)
struct PlantingTests {
    /// One of them is killed in the middle of its upload.
    @Test(.timeLimit(.minutes(4)))
    func manyPlantAtOnceAndOneIsKilled() async throws {
        try await withTemporaryFolder { folder in
            let cache = "\(folder)/cache"
            try #require(mkdir(cache, 0o700) == 0)
            // An agent opened alone shows what has to be there in the end.
            let alone = "\(folder)/alone"
            try #require(mkdir(alone, 0o700) == 0)
            try await FarSide.expectWorks(spec(alone))

            let planted = "\(cache)/\(FarSide.cacheName)"
            try makeFolder(planted)
            let events = try FolderEvents(of: planted)
            let (uploads, upload) = AsyncStream.makeStream(of: Void.self)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await openAndKill(cache, note: "\(folder)/pid", upload) }
                // So that nobody has planted it before.
                for await _ in uploads { break }
                for _ in 1..<20 { group.addTask { try await FarSide.expectWorks(spec(cache), language: "swift") } }
                try await group.waitForAll()
            }
            let record = events.take()
            #expect(!record.isIncomplete)
            // A name under which a file is executed comes to be by moving what is whole, and by nothing else.
            #expect(record.created.union(record.written).filter { !$0.hasPrefix("x.") } == [])
            #expect(record.movedHere.isSuperset(of: names(in: "\(alone)/\(FarSide.cacheName)")))
            let kept = names(in: planted)
            #expect(kept.filter { !$0.hasPrefix("x.") } == names(in: "\(alone)/\(FarSide.cacheName)"))
            // Only the killed one cannot clear up; an agent does after a day.
            let owners = Set(kept.filter { $0.hasPrefix("x.") }.map { $0.split(separator: ".")[1] })
            #expect(owners.count <= 1)
            try await FarSide.expectWorks(spec(cache), language: "swift")
        }
    }

    private func spec(_ cache: String) -> GatewaySpec {
        FarSide.spec(["env", "XDG_CACHE_HOME=\(cache)"], agent: FarSide.agent)
    }

    private func openAndKill(_ cache: String, note: String, _ upload: AsyncStream<Void>.Continuation) async throws {
        let words = FarSide.after("echo $$ > \(note)") + ["env", "XDG_CACHE_HOME=\(cache)"]
        var configuration = GatewayConfiguration.quiet
        configuration.progress = { progress in
            upload.yield()
            // The largest file, half way.
            guard progress.totalBytes > 1_000_000, progress.sentBytes > progress.totalBytes / 2 else { return }
            guard let text = try? fileText(note), let pid = Int32(text.dropLast()) else { return }
            // It leads a group, with the programs that write.
            kill(-pid, SIGKILL)
        }
        await expectGatewayError(.uploadCutShort) {
            await (try Gateway.open(FarSide.spec(words, agent: FarSide.agent), configuration: configuration)).close()
        }
    }
}
