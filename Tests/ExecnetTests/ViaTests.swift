//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetTestSupport
import Testing

/// Gateways through other gateways (issue: via and installvia).
@Suite(.leavesNothingBehind)
struct ViaTests {
    /// Opens a gateway through the one that was opened last, and so on; calls `body` with all of them, the first one first.
    private func chain<R>(
        _ specs: [String],
        after gateways: [Gateway] = [],
        isolation: isolated (any Actor)? = #isolation,
        _ body: ([Gateway]) async throws -> R
    ) async throws -> R {
        guard let spec = specs.first else { return try await body(gateways) }
        let hop = gateways.last.map { "//via=\($0.id)" } ?? ""
        return try await withGateway(spec + hop, configuration: .quiet) { gateway in
            try await chain(Array(specs.dropFirst()), after: gateways + [gateway], body)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["popen", "command=env", "popen//python=python3"])
    func chainsOfThreeWork(middle: String) async throws {
        try await chain(["popen", middle, middle, "popen"]) { gateways in
            let last = GatewayUnderTest(kind: .via, gateway: gateways[3])
            try await last.expectUsable()
            let sum = try await gateways[3].remoteCall([1, 2, 3]) { numbers in numbers.reduce(0, +) }
            #expect(sum == 6)
            // Four agents, one behind the other.
            var pids: Set<Int> = []
            for gateway in gateways { pids.insert(try await gateway.info().pid) }
            #expect(pids.count == 4)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func losingAMiddleGatewayEndsTheOnesBehindItAndNamesTheHop() async throws {
        try await chain(["popen//id=first", "popen//id=middle", "popen//id=last"]) { gateways in
            let far = GatewayUnderTest(kind: .via, gateway: gateways[2])
            let waiter = try await far.waiter()
            killProcess(try await gateways[1].info().pid)
            let error = await expectGatewayError(.connectionLost) { try await waiter.waitClose() }
            #expect(error?.gateway == "last")
            #expect("\(error.map(String.init(describing:)) ?? "")".contains("middle"))
            // The one before it goes on.
            try await GatewayUnderTest(kind: .native, gateway: gateways[0]).expectUsable()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func closingAHopClosesWhatIsBehindIt() async throws {
        let first = try await Gateway.open("popen", configuration: .quiet)
        let second = try await Gateway.open("popen//via=\(first.id)", configuration: .quiet)
        let pid = try await second.info().pid
        await first.close()
        await expectGatewayError(.connectionLost) { try await second.status() }
        await second.close()
        #expect(!isRunning(pid))
    }

    @Test(.timeLimit(.minutes(1)))
    func anUnknownHopIsAnError() async throws {
        let error = await expectGatewayError(.invalidSpec) { try await Gateway.open("popen//via=nobody") }
        #expect(error?.message.contains("nobody") == true)
        await expectGatewayError(.invalidSpec) { try await Gateway.open("socket//installvia=nobody") }
    }

    @Test(.timeLimit(.minutes(1)))
    func whatCannotBeReachedFromTheHopIsAnError() async throws {
        try await withGateway("popen", configuration: .quiet) { hop in
            // Port 1 of this machine is nobody's.
            let refused = await expectGatewayError(.launchFailed) {
                try await Gateway.open("socket=127.0.0.1:1//via=\(hop.id)", configuration: .quiet)
            }
            #expect("\(refused.map(String.init(describing:)) ?? "")".contains("refused"))
            let missing = await expectGatewayError(.launchFailed) {
                try await Gateway.open("command=no-such-program//via=\(hop.id)", configuration: .quiet)
            }
            #expect("\(missing.map(String.init(describing:)) ?? "")".contains("no-such-program"))
            try await GatewayUnderTest(kind: .native, gateway: hop).expectUsable()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["popen", "popen//python=python3", "command=env"])
    func installviaStartsASocketServerThere(hop: String) async throws {
        try await withGateway(hop, configuration: .quiet) { hop in
            try await withGateway("socket//installvia=\(hop.id)", configuration: .quiet) { gateway in
                let far = GatewayUnderTest(kind: .socket, gateway: gateway)
                try await far.expectUsable()
                #expect(try await gateway.info().pid != (try await hop.info().pid))
            }
            // The server has gone with its gateway.
            try await GatewayUnderTest(kind: hop.spec.contains("python=") ? .python : .native, gateway: hop)
                .expectEmptyTables()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func whatIsBehindAnInstalledServerEndsWithItsHop() async throws {
        let hop = try await Gateway.open("popen//id=carrier", configuration: .quiet)
        let gateway = try await Gateway.open("socket//installvia=carrier", configuration: .quiet)
        let waiter = try await GatewayUnderTest(kind: .socket, gateway: gateway).waiter()
        killProcess(try await hop.info().pid)
        let error = await expectGatewayError(.connectionLost) { try await waiter.waitClose() }
        #expect(error?.gateway == gateway.id)
        await gateway.close()
        await hop.close()
    }
}
