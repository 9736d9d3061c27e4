//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet

/// W4: from asking for a gateway to its first answer.
enum Start {
    static let cases = [
        Case(name: "popen") { try await oneByOne("popen", count: 20) },
        Case(name: "popen, Python agent") { try await oneByOne(pythonSpec, count: 5) },
        Case(name: "20x popen, all at once") { try await together("popen", count: 20) },
    ]

    private static func start(_ spec: String) async throws -> Gateway {
        let gateway = try await Gateway.open(spec)
        if spec.contains("python") {
            _ = try await gateway.remoteCall(.python("channel.send(1)"))
        } else {
            _ = try await gateway.remoteCall(1) { $0 }
        }
        return gateway
    }

    static func oneByOne(_ spec: String, count: Int) async throws -> [Figure] {
        var total = 0.0
        for round in 0...count {
            var gateway: Gateway?
            let time = try await seconds { gateway = try await start(spec) }
            await gateway?.close()
            // The first round warms the caches.
            if round > 0 { total += time }
        }
        return [Figure(metric: "start", value: total / Double(count) * 1e3, unit: "ms")]
    }

    static func together(_ spec: String, count: Int) async throws -> [Figure] {
        // Warms the caches, as in the other rows.
        await (try await start(spec)).close()
        let begin = ContinuousClock.now
        let gateways = try await withThrowingTaskGroup(of: Gateway.self) { group in
            for _ in 0..<count { group.addTask { try await start(spec) } }
            var gateways: [Gateway] = []
            for try await gateway in group { gateways.append(gateway) }
            return gateways
        }
        let time = (ContinuousClock.now - begin).seconds
        for gateway in gateways { await gateway.close() }
        return [Figure(metric: "start20", value: time * 1e3, unit: "ms")]
    }
}
