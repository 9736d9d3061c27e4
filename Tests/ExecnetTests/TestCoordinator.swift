//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetSystem

/// This bundle as a coordinator in a process of its own, so that it can be killed.
enum TestCoordinator {
    /// What the agent of the coordinator does when that is killed.
    enum Work: String, CaseIterable, Sendable {
        case waiting, spinningClosure, spinningTask, spinningEverywhere, blockedClosure, shellBesideSpinning
    }

    private static let variable = "EXECNET_TEST_COORDINATOR"

    /// The process to start; it prints a line once the work is under way.
    static func plan(_ work: Work, mark: (name: String, value: String)) -> ProcessPlan {
        var plan = ProcessPlan(executable: ExecutablePath.running, arguments: ["test-coordinator"])
        plan.environment[variable] = work.rawValue
        plan.environment[mark.name] = mark.value
        return plan
    }

    /// In a process started for it, coordinates until killed.
    static func runIfLaunched() {
        guard let name = getenv(variable), let work = Work(rawValue: String(cString: name)) else { return }
        Task {
            do {
                let gateway = try await Gateway.open("popen")
                for channel in try await start(work, on: gateway) { _ = try await channel.receive(as: String.self) }
                writeRaw("ready\n", to: 1)
            } catch {
                writeRaw("\(error)\n", to: 1)
            }
        }
        while true { pause() }
    }

    private static func start(_ work: Work, on gateway: Gateway) async throws -> [Channel] {
        switch work {
        case .waiting:
            return [
                try await gateway.remoteExec { channel in
                    try await channel.send("ready")
                    _ = try await channel.receive(as: Value.self)
                }
            ]
        case .spinningClosure: return [try await gateway.remoteExec { try await Spin().run(on: $0) }]
        case .spinningTask: return [try await gateway.remoteExec(Spin())]
        case .spinningEverywhere:
            var channels: [Channel] = []
            for _ in 0..<8 { channels.append(try await gateway.remoteExec(Spin())) }
            return channels
        case .blockedClosure:
            return [
                try await gateway.remoteExec { channel in
                    try await channel.send("ready")
                    while true { sleep(1_000) }
                }
            ]
        case .shellBesideSpinning:
            let stubborn = "trap '' TERM HUP INT; (trap '' TERM; while :; do sleep 1000; done) & echo ready; wait"
            return [try await gateway.remoteExec(.shell(stubborn)), try await gateway.remoteExec(Spin())]
        }
    }
}

/// Computes for ever and gives no other task a turn.
struct Spin: RemoteTask {
    func run(on channel: Channel) async throws {
        try await channel.send("ready")
        var number: UInt32 = 1
        while number != 0 { number = (number &* 1_664_525 &+ 1_013_904_223) | 1 }
    }
}
