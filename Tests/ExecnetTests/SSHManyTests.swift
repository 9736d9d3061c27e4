//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetTestSupport
import Testing

/// Many gateways to one server at once.
@Suite(.leavesNothingBehind)
struct SSHManyTests {
    @Test(.timeLimit(.minutes(3)), arguments: [20, 100])
    func noneFails(count: Int) async throws {
        try await TestSSHServer.with(SSHServerOptions("MaxStartups 500")) { server in
            // One plants the agent.
            try await withGateway(server.spec("ssh2"), configuration: .quiet) { _ in }
            let spec = server.spec("ssh2")
            let pids = try await withThrowingTaskGroup(of: Gateway.self) { group in
                for _ in 0..<count { group.addTask { try await Gateway.open(spec, configuration: .quiet) } }
                var gateways: [Gateway] = []
                var failures: [any Error] = []
                while let result = await group.nextResult() {
                    switch result {
                    case .success(let gateway): gateways.append(gateway)
                    case .failure(let error): failures.append(error)
                    }
                }
                #expect(failures.isEmpty, "\(failures.count): \(failures.prefix(3))")
                var pids: Set<Int> = []
                // All are open at the same time.
                for gateway in gateways { pids.insert(try await gateway.info().pid) }
                for gateway in gateways { await gateway.close() }
                return pids
            }
            #expect(pids.count == count)
            while !server.connections.isEmpty { try await Task.checkAndYield() }
        }
    }
}

extension Task where Success == Never, Failure == Never {
    fileprivate static func checkAndYield() async throws {
        try checkCancellation()
        await yield()
    }
}
