//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetCore
import ExecnetSystem
import ExecnetTestSupport
import Testing

/// Gateways behind gateways, over streams of the hop.
@Suite(.leavesNothingBehind)
struct ViaGatewayTests {
    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func aGatewayWorksThroughAnother(kind: GatewayKind) async throws {
        try await kind.open("//id=hop") { hop in
            let inner = try await behind(hop.gateway, id: "inner")
            let far = GatewayUnderTest(kind: .native, gateway: inner)
            try await far.expectUsable()
            let bytes = [UInt8](repeating: 5, count: 5_000_000)
            let channel = try await far.echo()
            async let sending: Void = channel.send(bytes)
            #expect(try await channel.receive(as: [UInt8].self) == bytes)
            try await sending
            #expect(await inner.close() == .ended)
            try await hop.expectUsable()
            try await hop.expectEmptyTables()
        }
    }

    @Test(.timeLimit(.minutes(2))) func chainsOfThreeWork() async throws {
        try await withGateway("popen//id=one", configuration: .quiet) { one in
            let two = try await behind(one, id: "two")
            let three = try await behind(two, id: "three")
            let far = GatewayUnderTest(kind: .native, gateway: three)
            let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            for _ in 0..<3 {
                let channel = try await far.echo()
                async let sending: Void = channel.send(bytes)
                #expect(try await channel.receive(as: [UInt8].self) == bytes)
                try await sending
                try channel.close()
            }
            try await far.expectUsable()
            #expect(await three.close() == .ended)
            #expect(await two.close() == .ended)
            try await GatewayUnderTest(kind: .native, gateway: one).expectEmptyTables()
        }
    }

    @Test(.timeLimit(.minutes(1))) func losingAHopEndsTheOnesBehindIt() async throws {
        try await withGateway("popen//id=one", configuration: .quiet) { one in
            let two = try await behind(one, id: "two")
            let three = try await behind(two, id: "three")
            let waiting = try await GatewayUnderTest(kind: .native, gateway: three).waiter()
            let last = try await three.info().pid
            killProcess(try await one.info().pid)
            do {
                _ = try await waiting.receive(as: Int.self)
                Issue.record("the hop is gone")
            } catch {
                #expect("\(error)".contains("gateway \"two\""), "\(error)")
                #expect("\(error)".contains("gateway \"one\""), "\(error)")
            }
            #expect(!two.isOpen && !three.isOpen)
            while isRunning(last) { await Task.yield() }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func anAgentThatEndsIsReportedWithItsStatus(kind: GatewayKind) async throws {
        try await kind.open("//id=hop") { hop in
            let inner = try await behind(hop.gateway, id: "inner")
            let words = try await inner.remoteExec { _ in writeRaw("famous last words\n", to: 2) }
            try await words.waitClose()
            let channel = try await inner.remoteExec { _ in exitProcess(7) }
            let error = await expectGatewayError(.agentEnded) { try await channel.waitClose() }
            #expect(error?.message.contains("exit status 7") == true, "\(error?.message ?? "")")
            #expect(error?.standardError.contains("famous last words") == true)
            try await hop.expectUsable()
            try await hop.expectEmptyTables()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func whatCannotBeReachedIsSaidSo(kind: GatewayKind) async throws {
        try await kind.open("//id=hop") { hop in
            let stream = try await hop.gateway.openStream(to: .tcp(host: "127.0.0.1", port: 1))
            let error = await expectGatewayError(.launchFailed) {
                try await Gateway.start(
                    id: "inner",
                    spec: "",
                    stream: stream.launched,
                    configuration: .quiet
                )
            }
            #expect(error?.message.contains("hop") == true && error?.message.contains("127.0.0.1:1") == true)
            try await hop.expectEmptyTables()
        }
    }

    /// A slow or stuck inner channel holds up neither the others of its gateway nor those of the hop.
    @Test(.timeLimit(.minutes(1))) func aStuckInnerChannelHoldsUpNoOther() async throws {
        try await withGateway("popen//id=hop", configuration: .quiet) { hop in
            let inner = try await behind(hop, id: "inner")
            let far = GatewayUnderTest(kind: .native, gateway: inner)
            let stuck = try await far.waiter()
            let flood = Task { try await stuck.send([UInt8](repeating: 0, count: 64 << 20)) }
            let flooding = try await inner.remoteExec { channel in
                let item = [UInt8](repeating: 0, count: 60_000)
                while true { try await channel.send(item) }
            }
            for _ in 0..<20 {
                try await far.expectUsable()
                try await GatewayUnderTest(kind: .native, gateway: hop).expectUsable()
            }
            flood.cancel()
            _ = await flood.result
            try flooding.close()
            try stuck.close()
            await inner.close()
        }
    }

    /// Opens a gateway to an agent that is started on another one: this bundle's own image.
    private func behind(_ hop: Gateway, id: String) async throws -> Gateway {
        let stream = try await hop.openStream(
            process: ["execnet-agent[\(id)]"],
            executable: ExecutablePath.resolvedRunning,
            environment: ["EXECNET_AGENT": "1", "SWIFT_BACKTRACE": "enable=no"]
        )
        return try await Gateway.start(
            id: id,
            spec: "via",
            stream: stream.launched,
            configuration: .quiet
        )
    }
}
