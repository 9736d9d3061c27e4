//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetSystem
import ExecnetTestSupport
import Testing

/// When the far side dies, everything that waits ends within a second, with an error that says how it died (items 45 and 46).
@Suite(.leavesNothingBehind)
struct DeathTests {
    /// A way to die, and what errors say about it.
    enum Death: CaseIterable, Sendable {
        case killed, terminated, exited, crashed

        func traces(_ kind: GatewayKind) -> String {
            switch self {
            case .killed where kind.hidesSignals, .terminated where kind.hidesSignals, .crashed where kind.hidesSignals:
                "exit status 255"
            case .killed: "SIGKILL"
            case .terminated: "SIGTERM"
            case .exited: "exit status 3"
            case .crashed: "SIGABRT"
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases, Death.allCases)
    func item45And46EveryWaiterEndsWithAnErrorThatSaysHow(kind: GatewayKind, death: Death) async throws {
        // Swift's own backtrace takes seconds, and is all that the last lines then have room for.
        try await kind.open("//env:SWIFT_BACKTRACE=enable=no") { far in
            let lastWords = try await far.exec(python: "import os; os.write(2, b'famous last words\\n')") { _ in
                writeRaw("famous last words\n", to: 2)
            }
            try await lastWords.waitClose()
            let unused = try await far.waiting()
            let waiters = try await waiters(far)
            let start = try await die(death, far)
            for waiter in waiters {
                let error = await expectGatewayError(.agentEnded) { try await waiter.value }
                #expect(error?.message.contains(death.traces(kind)) == true, "\(error?.message ?? "")")
                #expect(error?.standardError.contains("famous last words") == true)
                #expect(error?.gateway == far.gateway.id)
            }
            #expect(start.duration(to: .now) < .seconds(1))
            #expect(!far.gateway.isOpen)
            await expectGatewayError(.agentEnded) { try await far.gateway.status() }
            await expectGatewayError(.agentEnded) { try await far.echo() }
            let error = await expectGatewayError(.agentEnded) { try await unused.send(1) }
            #expect(error?.standardError.contains("famous last words") == true)
        }
    }

    /// One task in every function that waits.
    private func waiters(_ far: GatewayUnderTest) async throws -> [Task<Void, any Error>] {
        let channel = try await far.waiting()
        let full = try await far.waiting()
        let tasks = [
            Task { try await full.send([UInt8](repeating: 0, count: 16 << 20)) },
            Task { _ = try await channel.receive(as: Value.self) },
            Task { _ = try await channel.get("never") },
            Task { try await channel.waitClose() },
            Task { while true { _ = try await far.gateway.status() } },
        ]
        try await far.expectUsable()
        return tasks
    }

    private func die(_ death: Death, _ far: GatewayUnderTest) async throws -> ContinuousClock.Instant {
        switch death {
        case .killed, .terminated:
            let pid = try await far.gateway.info().pid
            let start = ContinuousClock.now
            killProcess(pid, death == .killed ? SIGKILL : SIGTERM)
            return start
        case .exited:
            let channel = try await far.exec(python: "import os; channel.receive(); os._exit(3)") { channel in
                _ = try await channel.receive(as: Value.self)
                exitProcess(3)
            }
            try await channel.send(0)
            return .now
        case .crashed:
            let channel = try await far.exec(python: "import os; channel.receive(); os.abort()") { channel in
                _ = try await channel.receive(as: Value.self)
                abortProcess()
            }
            try await channel.send(0)
            return .now
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func item46SystemExitOfPythonCodeIsAnErrorOfItsChannel() async throws {
        try await GatewayKind.python.open { far in
            let channel = try await far.gateway.remoteExec(.python("import sys; sys.exit(3)"))
            await expectRemoteError("SystemExit") { try await channel.waitClose() }
            try await far.expectUsable()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func grandchildrenEndWithTheGateway(kind: GatewayKind) async throws {
        let pid = try await kind.open { far in
            let channel = try await far.gateway.remoteExec(.shell("sleep 3600 & echo $!; wait"))
            let text = try await channel.receive(as: String.self)
            return try #require(Int(text))
        }
        #expect(!isRunning(pid))
    }

    /// As whoever ends jobs, containers and sessions does it.
    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases, [SIGTERM, SIGINT, SIGHUP])
    func anAgentThatIsToldToEndLeavesNothing(kind: GatewayKind, number: Int32) async throws {
        try await kind.open { far in
            let stubborn = "trap '' TERM HUP INT; (trap '' TERM HUP INT; while :; do sleep 1000; done) & echo $!; wait"
            let channel = try await far.gateway.remoteExec(.shell(stubborn))
            let text = try await channel.receive(as: String.self)
            let pid = try #require(Int(text))
            let start = ContinuousClock.now
            killProcess(try await far.gateway.info().pid, number)
            // What Python makes of an interrupt is that its programs are cancelled.
            if kind.isPython, number == SIGINT {
                await #expect(throws: (any Error).self) { try await channel.waitClose() }
            } else {
                await expectGatewayError(.agentEnded) { try await channel.waitClose() }
            }
            while isRunning(pid), start.duration(to: .now) < .seconds(5) { await Task.yield() }
            #expect(!isRunning(pid))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aCommandThatIsNoAgentIsAnErrorThatQuotesIt() async throws {
        let error = await expectGatewayError(.agentEnded) {
            try await Gateway.open("popen//python=sh -c 'echo no snake here >&2; exit 4'", configuration: .quiet)
        }
        #expect(error?.message.contains("exit status 4") == true)
        #expect(error?.standardError.contains("no snake here") == true)
        await expectGatewayError(.launchFailed) { try await Gateway.open("popen//python=no-such-python") }
    }
}

extension GatewayUnderTest {
    /// A program that runs until its channel is closed, and reads nothing.
    func waiting() async throws -> Channel {
        try await exec(python: "channel.get('never')") { channel in _ = try await channel.get("never") }
    }
}
