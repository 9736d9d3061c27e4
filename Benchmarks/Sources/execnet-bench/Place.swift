//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Where a gateway that is measured is opened.
enum Place: String, CaseIterable {
    case popen, command, socket, tls, via
    /// Any other: the description in the variable BENCH_SPEC.
    case given

    private static let givenSpec = getenv("BENCH_SPEC").map { String(cString: $0) }
    /// All that can be measured in this run.
    static let all = allCases.filter { $0 != .given || givenSpec != nil }

    /// Calls `body` with the description of such a gateway.
    func with<R>(_ body: (String) async throws -> R) async throws -> R {
        switch self {
        case .popen: return try await body("popen")
        case .given: return try await body(Place.givenSpec ?? "")
        case .command: return try await body("command=env")
        case .via: return try await withGateway("popen//id=hop") { _ in try await body("popen//via=hop") }
        case .tls: return try await withGateway("popen//id=hop") { _ in try await body("socket//installvia=hop") }
        case .socket:
            return try await withGateway("popen") { hop in
                let server = try await hop.remoteExec(SocketServerTask())
                try await server.set(["portrange": [0]])
                let port = try await server.get("listenport", as: Int.self)
                return try await body("socket=127.0.0.1:\(port)")
            }
        }
    }

    var cases: [Case] {
        [
            Case(name: "\(self), round trip") { try await with { try await RoundTrip.measure($0) } },
            Case(name: "\(self), bulk, worker to us") {
                try await with { try await Stream.down($0, count: 1_000, size: 1 << 20, Bulk.megabytes) }
            },
            Case(name: "\(self), bulk, us to worker") {
                try await with { try await Stream.up($0, count: 1_000, size: 1 << 20, Bulk.megabytes) }
            },
            Case(name: "\(self), start, agent in the cache") {
                try await with { try await Start.oneByOne($0, count: 10) }
            },
        ]
    }
}

/// The ways to reach a machine, side by side, and many gateways at once.
enum Launchers {
    static let cases =
        Place.all.flatMap(\.cases) + [
            Case(name: "command, start, first planting") { try await planting() },
            Case(name: "200x popen, all at once") { try await many(200, "popen") },
        ]

    /// A start with an empty cache, in a directory of its own.
    private static func planting() async throws -> [Figure] {
        let folder = "/tmp/execnet-bench-\(UInt64.random(in: 0 ... .max))"
        return try await withGateway("popen") { local in
            _ = try await local.remoteCall(.shell("mkdir -m 700 \(folder); echo"), as: String.self)
            let spec = "command=env XDG_CACHE_HOME=\(folder)"
            var figures: [Figure] = []
            for metric in ["first", "second"] {
                var gateway: Gateway?
                let time = try await seconds { gateway = try await Gateway.open(spec) }
                await gateway?.close()
                figures.append(Figure(metric: metric, value: time * 1e3, unit: "ms"))
            }
            _ = try await local.remoteCall(.shell("rm -rf \(folder); echo"), as: String.self)
            return figures
        }
    }

    static func many(_ count: Int, _ spec: String) async throws -> [Figure] {
        // Warms the caches.
        await (try await Gateway.open(spec)).close()
        let before = try residentMemory(of: Int(getpid()))
        var gateways: [Gateway] = []
        let opening = try await seconds {
            gateways = try await withThrowingTaskGroup(of: Gateway.self) { group in
                for _ in 0..<count { group.addTask { try await Gateway.open(spec) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        // What the start took is let go soon after.
        try await Task.sleep(for: .seconds(1))
        var memory = 0
        for gateway in gateways { memory = max(memory, try residentMemory(of: try await gateway.info().pid)) }
        let ours = Double(try residentMemory(of: Int(getpid())) - before) / Double(count)
        let idle = try await processorTime(of: .seconds(5))
        let closing = await seconds {
            await withDiscardingTaskGroup { group in
                for gateway in gateways { group.addTask { await gateway.close() } }
            }
        }
        return [
            Figure(metric: "open", value: opening, unit: "s"), Figure(metric: "close", value: closing, unit: "s"),
            Figure(metric: "memory", value: Double(memory) / 1_048_576, unit: "MiB"),
            Figure(metric: "coordinator", value: ours / 1_048_576, unit: "MiB/gateway"),
            Figure(metric: "idle", value: idle * 100, unit: "%"),
        ]
    }

    /// The part of a time in which nothing is done that this process computes nevertheless.
    private static func processorTime(of time: Duration) async throws -> Double {
        let before = clock()
        try await Task.sleep(for: time)
        return Double(clock() - before) / Double(CLOCKS_PER_SEC) / time.seconds
    }

    private static func residentMemory(of pid: Int) throws -> Int {
        guard let file = fopen("/proc/\(pid)/statm", "r") else { return 0 }
        defer { fclose(file) }
        var size = 0
        var resident = 0
        withUnsafeMutablePointer(to: &size) { size in
            withUnsafeMutablePointer(to: &resident) { resident in
                _ = withVaList([size, resident]) { vfscanf(file, "%ld %ld", $0) }
            }
        }
        return resident * Int(getpagesize())
    }
}
