//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet

/// W5: many programs and many channels.
enum Programs {
    private static let count = 1_000

    static let cases = [
        Case(name: "popen, one program at a time") { try await oneByOne() },
        Case(name: "popen, 1000 programs asked for at once") { try await atOnce() },
        Case(name: "popen, echo over 1000 open channels") { try await echoes() },
    ]

    private static func oneByOne() async throws -> [Figure] {
        try await withGateway("popen") { gateway in
            func program() async throws {
                let channel = try await gateway.remoteExec { channel in try await channel.send(1) }
                _ = try await channel.receive(as: Int.self)
                try await channel.waitClose()
            }
            try await program()
            let time = try await seconds { for _ in 0..<5 * count { try await program() } }
            return [Figure(metric: "rate", value: Double(5 * count) / time, unit: "execs/s")]
        }
    }

    private static func atOnce() async throws -> [Figure] {
        try await withGateway("popen") { gateway in
            func all() async throws {
                var channels: [Channel] = []
                for _ in 0..<count {
                    channels.append(try await gateway.remoteExec { channel in try await channel.send(1) })
                }
                for channel in channels {
                    _ = try await channel.receive(as: Int.self)
                    try await channel.waitClose()
                }
            }
            try await all()
            let rounds = 5
            let time = try await seconds { for _ in 0..<rounds { try await all() } }
            return [Figure(metric: "rate", value: Double(rounds * count) / time, unit: "execs/s")]
        }
    }

    private static func echoes() async throws -> [Figure] {
        try await withGateway("popen") { gateway in
            var channels: [Channel] = []
            let opening = try await seconds {
                for _ in 0..<count { channels.append(try await echo(on: gateway)) }
                for channel in channels { try await channel.send(0) }
                for channel in channels { _ = try await channel.receive(as: Int.self) }
            }
            let rounds = 100
            let time = try await seconds {
                for round in 0..<rounds {
                    for channel in channels { try await channel.send(round) }
                    for channel in channels { _ = try await channel.receive(as: Int.self) }
                }
            }
            return [
                Figure(metric: "open", value: Double(count) / opening, unit: "channels/s"),
                Figure(metric: "echo", value: Double(count * rounds) / time, unit: "echoes/s"),
            ]
        }
    }
}
