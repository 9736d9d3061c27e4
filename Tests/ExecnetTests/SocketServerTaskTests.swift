//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetSocketServer
import ExecnetTestSupport
import Testing

/// Socket servers within agents.
@Suite(.leavesNothingBehind)
struct SocketServerTaskTests {
    @Test(.timeLimit(.minutes(1)))
    func allAddressesAreThoseOfBothKinds() async throws {
        try await withGateway("popen", configuration: .quiet) { hop in
            var task = SocketServerTask()
            task.host = "::"
            task.key = Array("a key of a test, long enough".utf8)
            let server = try await hop.remoteExec(task)
            try await server.set("portrange", to: [0])
            let port = try await server.get("listenport", as: Int.self)
            for host in ["127.0.0.1", "::1"] {
                var spec = GatewaySpec()
                spec.place = .socket(.host(host, port: port))
                spec.security = .key(.bytes(task.key ?? []))
                try await withGateway(spec, configuration: .quiet) { _ in }
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aPortThatIsTakenIsPassedOver() async throws {
        try await withGateway("popen", configuration: .quiet) { hop in
            let first = try await hop.remoteExec(SocketServerTask())
            try await first.set("portrange", to: [0])
            let taken = try await first.get("listenport", as: Int.self)
            let second = try await hop.remoteExec(SocketServerTask())
            try await second.set("portrange", to: [taken])
            #expect(try await second.get("listenport", as: Int?.self) == nil)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func whatIsWrongWithAllPortsIsAnError() async throws {
        try await withGateway("popen", configuration: .quiet) { hop in
            var task = SocketServerTask()
            task.host = "no-host.invalid"
            let server = try await hop.remoteExec(task)
            try await server.set("portrange", to: [0])
            let error = await #expect(throws: RemoteError.self) { try await server.waitClose() }
            #expect(error?.message.contains("no-host.invalid") == true)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func openingThroughOneCanBeCancelled() async throws {
        try await withGateway("popen", configuration: .quiet) { hop in
            let task = Task { try await Gateway.open("socket//installvia=\(hop.id)", configuration: .quiet) }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }
}
