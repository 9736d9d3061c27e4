//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetTestSupport
import Testing

/// A machine that stands still for a while: whoever counts on its heartbeat gives it up, and whoever does not goes on afterwards.
@Suite(.leavesNothingBehind)
struct SSHPauseTests {
    private static func configuration(heartbeat: Duration?) -> GatewayConfiguration {
        var configuration = GatewayConfiguration.quiet
        configuration.heartbeat = heartbeat
        return configuration
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["ssh2", "sshcmd"])
    func withoutHeartbeatAGatewayOutlivesWhatEndsOneWithIt(client: String) async throws {
        let (patient, impatient) = (
            Self.configuration(heartbeat: nil), Self.configuration(heartbeat: .milliseconds(300))
        )
        try await TestSSHServer.with { server in
            try await withGateway(server.spec(client), configuration: patient) { patient in
                let channel = try await GatewayUnderTest(kind: .ssh, gateway: patient).echo()
                let count = 64
                let items = PatternedItems(size: 1 << 20)
                try await withGateway(server.spec(client), configuration: impatient) { impatient in
                    let waiter = try await GatewayUnderTest(kind: .ssh, gateway: impatient).waiter()
                    server.pause()
                    // More than fits between here and there.
                    let sender = Task { for number in 0..<count { try await channel.send(items.item(number)) } }
                    let error = await expectGatewayError(.heartbeatMissed) { try await waiter.waitClose() }
                    #expect(error?.gateway == impatient.id)
                    #expect(patient.isOpen)
                    server.resume()
                    for number in 0..<count {
                        let item = try await channel.receive(as: [UInt8].self)
                        #expect(items.isItem(item, number))
                    }
                    try await sender.value
                }
                try await GatewayUnderTest(kind: .ssh, gateway: patient).expectUsable()
            }
        }
    }
}
