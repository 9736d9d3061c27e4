//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet

/// W1: one small int there and back, one after the other.
enum RoundTrip {
    static let cases = [
        Case(name: "popen") { try await measure("popen") },
        Case(name: "popen, Python agent") { try await measure(pythonSpec) },
    ]

    static func measure(_ spec: String) async throws -> [Figure] {
        try await withGateway(spec) { gateway in
            let channel = try await echo(on: gateway, python: spec.contains("python"))
            let count = 5_000
            for _ in 0..<count / 10 { try await roundTrip(channel) }
            var times: [Double] = []
            times.reserveCapacity(count)
            var start = ContinuousClock.now
            for _ in 0..<count {
                try await roundTrip(channel)
                let end = ContinuousClock.now
                times.append((end - start).seconds * 1e6)
                start = end
            }
            return quantiles(times)
        }
    }

    private static func roundTrip(_ channel: Channel) async throws {
        try await channel.send(1)
        _ = try await channel.receive(as: Int.self)
    }

    private static func quantiles(_ times: [Double]) -> [Figure] {
        let sorted = times.sorted()
        return [
            Figure(metric: "mean", value: times.reduce(0, +) / Double(times.count), unit: "us"),
            Figure(metric: "p50", value: sorted[sorted.count / 2], unit: "us"),
            Figure(metric: "p99", value: sorted[sorted.count * 99 / 100], unit: "us"),
        ]
    }
}

/// A channel whose program sends every int back.
func echo(on gateway: Gateway, python: Bool = false) async throws -> Channel {
    if python { return try await gateway.remoteExec(.python("for x in channel: channel.send(x)")) }
    return try await gateway.remoteExec { channel in
        for try await item in channel.items(as: Int.self) { try await channel.send(item) }
    }
}
