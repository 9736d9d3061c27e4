//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetTestSupport
import Testing

/// Logged in, but no agent.
extension SSHErrorTests {
    @Test(.timeLimit(.minutes(1)), arguments: ["ssh2", "sshcmd"])
    func oneSessionIsEnough(client: String) async throws {
        try await TestSSHServer.with(.oneSession) { server in
            try await withGateway(server.spec(client), configuration: .quiet) { gateway in
                try await GatewayUnderTest(kind: .ssh, gateway: gateway).expectUsable()
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["ssh2", "sshcmd"])
    func aServerThatStartsNothing(client: String) async throws {
        try await TestSSHServer.with(.noSession) { server in
            await expectGatewayError(.sessionRefused, client == "ssh2" ? "MaxSessions" : "open failed") {
                try await Gateway.open(server.spec(client), configuration: .quiet)
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["ssh2", "sshcmd"])
    func aServerWithAnotherCommandIsQuoted(client: String) async throws {
        try await TestSSHServer.with(.forcedCommand) { server in
            await expectGatewayError(.noiseWithoutAnswer, "this account may do nothing") {
                try await Gateway.open(server.spec(client), configuration: .quiet)
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["ssh2", "sshcmd"])
    func aKeyWithAnotherCommandIsQuoted(client: String) async throws {
        var options = SSHServerOptions()
        options.keyOptions = "restrict,command=\"echo this key may do nothing >&2; exit 3\""
        try await TestSSHServer.with(options) { server in
            let error = await expectGatewayError(.startFailed, "this key may do nothing") {
                try await Gateway.open(server.spec(client), configuration: .quiet)
            }
            #expect(error?.message.contains("exit status 3") == true, "\(error?.message ?? "")")
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["ssh2", "sshcmd"])
    func anAccountWithoutLoginIsQuoted(client: String) async throws {
        try await TestSSHServer.with(.noLogin) { server in
            await expectGatewayError(.noiseWithoutAnswer, "This account is currently not available") {
                try await Gateway.open(server.spec(client), configuration: .quiet)
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func dropbearRefusesTunnels() async throws {
        try await SSHServer.withDropbear(options: ["-j"]) { server in
            await expectGatewayError(.tunnelRefused, "AllowTcpForwarding") {
                try await Gateway.open(server.spec() + "//jump=bastion", configuration: .quiet)
            }
        }
    }

    // MARK: the machine is switched off

    @Test(.timeLimit(.minutes(1)), arguments: ["ssh2", "ssh2//jump", "sshcmd"])
    func killedWhileIdle(way: String) async throws {
        try await TestSSHServer.with { server in
            try await withGateway(server.spec(way: way), configuration: .quiet) { gateway in
                let far = GatewayUnderTest(kind: .ssh, gateway: gateway)
                let waiter = try await far.waiter()
                try await server.program.end()
                await expectLoss { try await waiter.waitClose() }
                await expectLoss { try await gateway.status() }
                #expect(!gateway.isOpen)
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["ssh2", "ssh2//jump", "sshcmd"])
    func killedInStageZero(way: String) async throws {
        try await withTemporaryFolder { folder in
            // Nobody answers, so it stays in stage 0.
            try writeFile("#!/bin/sh\nexec sleep 3600\n", to: folder + "/shell", mode: 0o700)
            var options = SSHServerOptions()
            options.shell = folder + "/shell"
            try await TestSSHServer.with(options) { server in
                let spec = server.spec(way: way)
                let opening = Task { try await Gateway.open(spec, configuration: .quiet) }
                try await server.waitForLog { $0.hasPrefix("Starting session: command") }
                try await server.program.end()
                await expectGatewayError(.connectionLost) { try await opening.value }
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["ssh2", "ssh2//jump", "sshcmd"])
    func killedInBulk(way: String) async throws {
        try await TestSSHServer.with { server in
            try await withGateway(server.spec(way: way), configuration: .quiet) { gateway in
                let channel = try await GatewayUnderTest(kind: .ssh, gateway: gateway).echo()
                let item = [UInt8](repeating: 7, count: 1 << 20)
                let sender = Task { while true { try await channel.send(item) } }
                for _ in 0..<8 { _ = try await channel.receive(as: [UInt8].self) }
                try await server.program.end()
                await expectLoss { try await sender.value }
                await expectLoss { while true { _ = try await channel.receive(as: [UInt8].self) } }
            }
        }
    }

    private func expectLoss<R>(_ body: () async throws -> R) async {
        await expectGatewayError(.connectionLost) { try await body() }
    }
}

extension SSHServer {
    /// The description of a gateway there: by which client, and perhaps through a jump.
    fileprivate func spec(way: String) -> String {
        let words = way.split(separator: "/").map { String($0) }
        return spec(words[0]) + (words.count > 1 ? "//jump=bastion" : "")
    }
}
