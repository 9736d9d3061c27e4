//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet

/// W2: items of 100 bytes, one way.
enum Stream {
    static let cases = [
        Case(name: "popen, worker to us") { try await down("popen", count: 1_000_000, size: 100, items) },
        Case(name: "popen, us to worker") { try await up("popen", count: 1_000_000, size: 100, items) },
    ]

    private static func items(_ count: Int, _ time: Double) -> Figure {
        Figure(metric: "rate", value: Double(count) / time, unit: "items/s")
    }

    static func down(
        _ spec: String,
        count: Int,
        size: Int,
        _ figure: (Int, Double) -> Figure
    ) async throws -> [Figure] {
        try await withGateway(spec) { gateway in
            let channel = try await gateway.remoteExec([count, size]) { channel, request in
                let item = [UInt8](repeating: 120, count: request[1])
                _ = try await channel.receive(as: Int.self)
                for _ in 0..<request[0] { try await channel.send(item) }
            }
            let time = try await seconds {
                try await channel.send(0)
                for _ in 0..<count {
                    guard try await channel.receive(as: [UInt8].self).count == size else { throw WrongSize() }
                }
            }
            return [figure(count, time)]
        }
    }

    static func up(
        _ spec: String,
        count: Int,
        size: Int,
        _ figure: (Int, Double) -> Figure
    ) async throws -> [Figure] {
        try await withGateway(spec) { gateway in
            let channel = try await gateway.remoteExec(count) { channel, count in
                try await channel.send("go")
                for _ in 0..<count { _ = try await channel.receive(as: [UInt8].self) }
                try await channel.send("done")
            }
            let item = [UInt8](repeating: 120, count: size)
            _ = try await channel.receive(as: String.self)
            let time = try await seconds {
                for _ in 0..<count { try await channel.send(item) }
                _ = try await channel.receive(as: String.self)
            }
            return [figure(count, time)]
        }
    }

    struct WrongSize: Error {}
}

/// W3: items of 1 MiB, one way.
enum Bulk {
    private static let size = 1 << 20

    static let cases = [
        Case(name: "popen, worker to us") { try await Stream.down("popen", count: 1_000, size: size, megabytes) },
        Case(name: "popen, us to worker") { try await Stream.up("popen", count: 1_000, size: size, megabytes) },
    ]

    static func megabytes(_ count: Int, _ time: Double) -> Figure {
        Figure(metric: "rate", value: Double(count * size) / time / 1e6, unit: "MB/s")
    }
}
