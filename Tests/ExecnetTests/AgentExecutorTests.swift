//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetTestSupport
import Testing

/// Programs of a native agent that compute and go on: nothing but the agent's own threads wakes what they leave behind.
@Suite(.leavesNothingBehind)
struct AgentExecutorTests {
    /// A job that took so long that another thread drives meanwhile starts two more. No traffic comes to the agent's help.
    @Test(.timeLimit(.minutes(1)))
    func whatALongJobStartsIsRun() async throws {
        var configuration = GatewayConfiguration.quiet
        configuration.heartbeat = nil
        try await withGateway("popen", configuration: configuration) { gateway in
            for _ in 0..<20 {
                let sum = try await gateway.remoteCall(3) { number in
                    let start = ContinuousClock.now
                    while start.duration(to: .now) < .milliseconds(20) {}
                    async let one = later(number)
                    async let other = later(number)
                    return await one + other
                }
                #expect(sum == 8)
            }
        }
    }

    /// A job that is resumed from outside of the agent's threads.
    @Test(.timeLimit(.minutes(1)))
    func sleepersWake() async throws {
        var configuration = GatewayConfiguration.quiet
        configuration.heartbeat = nil
        try await withGateway("popen", configuration: configuration) { gateway in
            let slept = try await gateway.remoteCall(500) { times in
                for _ in 0..<times { try await Task.sleep(for: .microseconds(100)) }
                return times
            }
            #expect(slept == 500)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func aShellProgramEndsWithItsShell(kind: GatewayKind) async throws {
        try await kind.open { far in
            // The background process keeps the script's output open, in a session of its own.
            let channel = try await far.gateway.remoteExec(.shell("setsid sleep 1000 & echo done"))
            #expect(try await channel.receive(as: String.self) == "done")
            try await channel.waitClose()
            try await far.expectEmptyTables()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func closingEndsAShellProgramWhoseOutputIsHeld(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.gateway.remoteExec(.shell("setsid sleep 1000 & echo started; wait"))
            #expect(try await channel.receive(as: String.self) == "started")
            try channel.close()
            try await far.expectEmptyTables()
        }
    }
}

private func later(_ number: Int) async -> Int { number + 1 }
