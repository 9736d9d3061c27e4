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

/// Agents on their way over bad connections.
@Suite(.leavesNothingBehind)
struct UploadTests {
    /// A cache of its own behind the relay.
    private func spec(_ relay: [String], _ cache: String, agent: String = FarSide.agent) -> GatewaySpec {
        FarSide.spec(relay + ["env", "XDG_CACHE_HOME=\(cache)"], agent: agent)
    }

    private func temporaries(_ cache: String) -> [String] {
        names(in: "\(cache)/\(FarSide.cacheName)").filter { $0.hasPrefix("x.") }
    }

    /// At any byte; the image is small, and would be refused at the end.
    @Test(.timeLimit(.minutes(3)))
    func anUploadThatIsCutIsATypedErrorAndLeavesNothing() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SplitMix(state: seed)
        let points = (0..<200).map { _ in Int.random(in: 1...1_000_000, using: &generator) }
        var codes: [GatewayError.Code?: Int] = [:]
        let start = MonotonicTime.now
        try await withTemporaryFolder { cache in
            try await Relay.with { relay in
                let specs = points.map { spec(relay("cut=\($0)"), cache, agent: "/bin/busybox") }
                await withTaskGroup(of: [GatewayError.Code?].self) { group in
                    for first in 0..<8 {
                        group.addTask {
                            var codes: [GatewayError.Code?] = []
                            for index in stride(from: first, to: specs.count, by: 8) {
                                codes.append(await failure(specs[index]))
                            }
                            return codes
                        }
                    }
                    for await some in group { for code in some { codes[code, default: 0] += 1 } }
                }
            }
            #expect(names(in: cache) == [FarSide.cacheName])
            #expect(names(in: "\(cache)/\(FarSide.cacheName)").isEmpty, "seed \(seed)")
        }
        #expect(codes[.uploadCutShort, default: 0] > 190, "\(codes), seed \(seed)")
        #expect(Set(codes.keys).isSubset(of: [.uploadCutShort, .startFailed]), "\(codes), seed \(seed)")
        #expect(start.until(.now) < .seconds(120))
    }

    private func failure(_ spec: GatewaySpec) async -> GatewayError.Code? {
        do {
            await (try Gateway.open(spec, configuration: .quiet)).close()
            return nil
        } catch {
            return (error as? GatewayError)?.code
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func anUploadThatGetsStuckIsGivenUp() async throws {
        try await withTemporaryFolder { cache in
            try await Relay.with { relay in
                var configuration = GatewayConfiguration.quiet
                configuration.openTimeout = .seconds(1)
                let error = await expectGatewayError(.uploadCutShort) {
                    try await Gateway.open(spec(relay("stall=200000"), cache), configuration: configuration)
                }
                #expect(error?.message.contains("An upload got stuck for 1.0 seconds") == true)
            }
            #expect(temporaries(cache).isEmpty)
        }
    }

    /// It takes several times as long as any answer may.
    @Test(.timeLimit(.minutes(2)))
    func aSlowUploadIsWaitedFor() async throws {
        try await withTemporaryFolder { cache in
            try await Relay.with { relay in
                var configuration = GatewayConfiguration.quiet
                configuration.openTimeout = .seconds(2)
                let start = MonotonicTime.now
                let gateway = try await Gateway.open(spec(relay("rate=2000000"), cache), configuration: configuration)
                #expect(start.until(.now) > .seconds(4))
                try await FarSide.expectWorks(gateway)
                await gateway.close()
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aFarSideThatSaysNothingIsGivenUpInTime() async throws {
        var configuration = GatewayConfiguration.quiet
        configuration.openTimeout = .milliseconds(500)
        let start = MonotonicTime.now
        await expectGatewayError(.timedOut) {
            try await Gateway.open(FarSide.spec(["sh", "-c", "exec sleep 1000", "x"]), configuration: configuration)
        }
        // It has a second to end by itself.
        #expect(start.until(.now) < .seconds(5))
    }

    // MARK: progress

    @Test(.timeLimit(.minutes(1)))
    func progressOfEachFileGrowsToItsTotal() async throws {
        try await withTemporaryFolder { cache in
            let seen = Mutex<[OpeningProgress]>([])
            var configuration = GatewayConfiguration.quiet
            configuration.progress = { progress in seen.withLock { $0.append(progress) } }
            var spec = spec([], cache)
            spec.id = "uploaded"
            for _ in 1...2 { await (try Gateway.open(spec, configuration: configuration)).close() }
            let steps = seen.withLock { $0 }
            #expect(steps.allSatisfy { $0.gateway == "uploaded" && $0.sentBytes <= $0.totalBytes })
            let totals = steps.filter { $0.sentBytes == $0.totalBytes }
            // One for each file of the image, sent once; a folder of links is the image's own name.
            #expect(totals.count == names(in: "\(cache)/\(FarSide.cacheName)").count - 1)
            for (step, next) in zip(steps, steps.dropFirst()) {
                if step.sentBytes == step.totalBytes { continue }
                #expect(next.totalBytes == step.totalBytes && next.sentBytes > step.sentBytes)
            }
            #expect(steps.last.map { $0.sentBytes == $0.totalBytes } == true)
        }
    }

    /// The far side says that it has it; this side says all; the agent says hello.
    @Test(.timeLimit(.minutes(1)))
    func aCachedStartIsOneRoundTrip() async throws {
        try await withTemporaryFolder { folder in
            try await Relay.with { relay in
                await (try Gateway.open(spec([], folder), configuration: .quiet)).close()
                let log = "\(folder)/log"
                let gateway = try await Gateway.open(spec(relay("log=\(log)"), folder), configuration: .quiet)
                #expect(try fileText(log) == "<><")
                await gateway.close()
            }
        }
    }

    // MARK: cancelling

    @Test(.timeLimit(.minutes(1)))
    func anUploadThatIsCancelledLeavesNothing() async throws {
        try await withTemporaryFolder { cache in
            let task = Mutex<Task<Void, any Error>?>(nil)
            var configuration = GatewayConfiguration.quiet
            configuration.progress = { if $0.sentBytes > 100_000 { task.withLock { $0?.cancel() } } }
            let opening = Task { [configuration] in
                _ = await (try Gateway.open(spec([], cache), configuration: configuration)).close()
            }
            task.withLock { $0 = opening }
            await #expect(throws: CancellationError.self) { try await opening.value }
            #expect(temporaries(cache).isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aGreetingThatIsCancelledLeavesNothing() async throws {
        try await withTemporaryFolder { folder in
            let words = FarSide.after("echo > \(folder)/started; exec sleep 1000")
            let opening = Task { _ = await (try Gateway.open(FarSide.spec(words), configuration: .quiet)).close() }
            while names(in: folder).isEmpty { await Task.yield() }
            let start = MonotonicTime.now
            opening.cancel()
            await #expect(throws: CancellationError.self) { try await opening.value }
            #expect(start.until(.now) < .seconds(5))
        }
    }
}
