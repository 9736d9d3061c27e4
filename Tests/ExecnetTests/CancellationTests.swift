//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetCore
import ExecnetSystem
import ExecnetTestSupport
import Testing

/// Cancelling on one side, and what the other side notices.
@Suite(.leavesNothingBehind)
struct CancellationTests {
    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func closingAChannelCancelsTheFarTask(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(
                python: """
                    channel.send("started")
                    channel.receive()
                    """
            ) { channel in
                try await channel.send("started")
                try await Task.sleep(for: .seconds(3_600))
            }
            #expect(try await channel.receive(as: String.self) == "started")
            try channel.close()
            try await far.expectEmptyTables()
        }
    }

    /// Without a process to look at it is the link that tells.
    @Test(.timeLimit(.minutes(1)))
    func aCancelledTaskStillWaitsForAGatewayToEnd() async throws {
        var plan = ProcessPlan(executable: ExecutablePath.resolvedRunning, arguments: ["execnet-agent[g]"])
        plan.markAsAgent(of: "g")
        let agent = try LocalProcess(starting: plan)
        var stream = agent.stream
        stream.process = nil
        let gateway = try await Gateway.start(id: "g", spec: "", stream: stream, configuration: .quiet)
        let closing = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await gateway.close()
        }
        #expect(await closing.value == .ended)
        #expect(await agent.process.ended() == .exited(0))
    }

    @Test(.timeLimit(.minutes(1)))
    func closingAChannelStopsPythonCodeThatComputes() async throws {
        try await GatewayKind.python.open { far in
            let channel = try await far.gateway.remoteExec(.python("channel.send(1)\nwhile True: pass"))
            _ = try await channel.receive(as: Int.self)
            try channel.close()
            try await far.expectEmptyTables()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func closingAChannelKillsAShellProgram(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.gateway.remoteExec(.shell("echo started; exec sleep 3600"))
            #expect(try await channel.receive(as: String.self) == "started")
            try channel.close()
            try await far.expectEmptyTables()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func aCancelledReceiveLeavesTheChannelUsable(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.echo()
            for n in 0..<20 {
                let waiting = Task { try await channel.receive(as: Int.self) }
                if n % 2 == 0 { await Task.yield() }
                waiting.cancel()
                await #expect(throws: CancellationError.self) { try await waiting.value }
            }
            try await channel.send(5)
            #expect(try await channel.receive(as: Int.self) == 5)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func aCancelledGetLeavesTheChannelUsable(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.echo()
            let waiting = Task { try await channel.get("never") }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            try await channel.send(5)
            #expect(try await channel.receive(as: Int.self) == 5)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func aCancelledSendLeavesTheChannelUsable(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(
                python: """
                    orders = channel.receive()
                    orders.receive()
                    sizes = [len(item) for item in channel]
                    orders.send(sizes)
                    orders.close()
                    """
            ) { channel in
                let orders = try await channel.receive(as: Channel.self)
                _ = try await orders.receive(as: Value.self)
                var sizes: [Int] = []
                for try await item in channel.items(as: [UInt8].self) { sizes.append(item.count) }
                try await orders.send(sizes)
                try orders.close()
            }
            let orders = far.gateway.newChannel()
            try await channel.send(orders)
            // Larger than the window of a program that does not read, so it stops half-way.
            let sending = Task { try await channel.send([UInt8](repeating: 1, count: 8 << 20)) }
            try await far.expectUsable()
            sending.cancel()
            await #expect(throws: CancellationError.self) { try await sending.value }
            await expectChannelError(.timedOut) {
                try await channel.send([UInt8](repeating: 1, count: 4 << 20), timeout: .milliseconds(50))
            }
            try await orders.send("read")
            try await channel.send([1, 2, 3] as [UInt8])
            channel.end()
            #expect(try await orders.receive(as: [Int].self) == [3])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func cancellingACallCancelsItOverThere() async throws {
        try await GatewayKind.native.open { far in
            let call = Task {
                try await far.gateway.remoteCall(3_600) { seconds in
                    try await Task.sleep(for: .seconds(seconds))
                    return seconds
                }
            }
            try await far.waitUntilExecuting(1)
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            try await far.expectEmptyTables()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func cancellingTheBodyOfWithGatewayLeavesNoProcess(kind: GatewayKind) async throws {
        let (pids, report) = AsyncStream.makeStream(of: Int.self)
        let task = Task {
            try await kind.open { far in
                report.yield(try await far.gateway.info().pid)
                _ = try await far.waiter().receive(as: Value.self)
            }
        }
        let first = await first(of: pids)
        let pid = try #require(first)
        #expect(isRunning(pid))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(!isRunning(pid))
    }

    private func first(of stream: AsyncStream<Int>) async -> Int? {
        for await number in stream { return number }
        return nil
    }
}
