//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetSystem
import ExecnetTestSupport
import Testing

/// Before anybody proves who they are.
extension SSHErrorTests {
    /// Each layer's own limit, which is far from those of the others.
    private static var short: SSHTimeouts {
        var timeouts = SSHTimeouts()
        timeouts.connect = .seconds(100)
        timeouts.handshake = .seconds(100)
        return timeouts
    }

    @Test(.timeLimit(.minutes(1)), arguments: bothClients)
    func nobodyListening(client: String) async throws {
        let port = try freePort()
        await expectGatewayError(.connectionRefused, "127.0.0.1") {
            try await Gateway.open("\(client)=127.0.0.1:\(port)//config=none", configuration: .quiet)
        }
    }

    /// Who connects is the agent there, which says later how that went.
    @Test(.timeLimit(.minutes(1)), arguments: ["popen", "popen//python=python3"])
    func nobodyListeningBehindAGateway(hop: String) async throws {
        let port = try freePort()
        try await withGateway(hop, configuration: .quiet) { hop in
            _ = await expectGatewayError(.connectionRefused, hop.id) {
                try await Gateway.open("ssh2=127.0.0.1:\(port)//config=none//via=\(hop.id)", configuration: .quiet)
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: bothClients)
    func aNameThatIsNobodys(client: String) async throws {
        await expectGatewayError(.nameNotResolved, "no-host.invalid") {
            try await Gateway.open("\(client)=no-host.invalid//config=none", configuration: .quiet)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aBlackHoleEndsWithTheLimitToConnect() async throws {
        try await SilentServer.withBlackHole { server in
            var timeouts = Self.short
            timeouts.connect = .milliseconds(300)
            await expectTimeOut(.connectTimedOut, timeouts, "127.0.0.1:\(server.port)")
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["", "SSH-2.0-Silence\r\n", "welcome\r\n"])
    func aSilentServerEndsWithTheLimitOfTheHandshake(text: String) async throws {
        try await SilentServer.with(saying: text) { server in
            var timeouts = Self.short
            timeouts.handshake = .milliseconds(300)
            await expectTimeOut(.handshakeTimedOut, timeouts, "127.0.0.1:\(server.port)")
        }
    }

    /// The machine stands still once it has asked.
    @Test(.timeLimit(.minutes(1)))
    func aServerThatFallsSilentEndsWithTheLimitToLogIn() async throws {
        var options = SSHServerOptions("AuthenticationMethods keyboard-interactive")
        options.answers = ["right"]
        try await TestSSHServer.with(options) { server in
            var ssh = SSHConfiguration()
            ssh.timeouts = Self.short
            ssh.timeouts.authentication = .seconds(2)
            ssh.credentials.prompt = { questions in
                server.pause()
                return questions.prompts.map { _ in SecretBytes("right") }
            }
            await expectGatewayError(.authenticationTimedOut, "did not let us log in") {
                try await Gateway.open(server.spec(), configuration: .quiet, ssh: ssh)
            }
        }
    }

    private func expectTimeOut(_ code: GatewayError.Code, _ timeouts: SSHTimeouts, _ place: String) async {
        var ssh = SSHConfiguration()
        ssh.timeouts = timeouts
        let start = ContinuousClock.now
        await expectGatewayError(code, place) {
            try await Gateway.open("ssh=\(place)//config=none", configuration: .quiet, ssh: ssh)
        }
        #expect(start.duration(to: .now) >= .milliseconds(300))
    }

    @Test(.timeLimit(.minutes(1)))
    func aCancelledOpeningEndsAtOnce() async throws {
        try await SilentServer.with(saying: "SSH-2.0-Silence\r\n") { server in
            let opening = Task {
                var ssh = SSHConfiguration()
                ssh.timeouts = Self.short
                _ = try await Gateway.open("ssh=127.0.0.1:\(server.port)//config=none", configuration: .quiet, ssh: ssh)
            }
            opening.cancel()
            await #expect(throws: CancellationError.self) { try await opening.value }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func whatIsNoServerOfSSHIsToldSo() async throws {
        try await SilentServer.with(saying: "HTTP/1.1 400 Bad Request\r\n\r\n") { server in
            await expectGatewayError(.protocolViolation, "web server") {
                try await Gateway.open("ssh=127.0.0.1:\(server.port)//config=none", configuration: .quiet)
            }
        }
    }

    /// The server's own words are quoted.
    @Test(.timeLimit(.minutes(1)))
    func aServerWithTooManyConnectionsSaysSo() async throws {
        try await TestSSHServer.with(.crowded) { server in
            let idle = try SilentServer.connect(to: server.port)
            defer { idle.close() }
            try await server.waitForLog { $0.hasPrefix("Connection from ") }
            await expectGatewayError(.serverClosedEarly, "Exceeded MaxStartups") {
                try await Gateway.open(server.spec(), configuration: .quiet)
            }
        }
    }

    // MARK: jump hosts

    @Test(.timeLimit(.minutes(1)), arguments: bothClients)
    func aJumpHostThatForwardsNothing(client: String) async throws {
        try await TestSSHServer.with(.noForwarding) { server in
            await expectGatewayError(.tunnelRefused, client == "ssh2" ? "AllowTcpForwarding" : "prohibited") {
                try await Gateway.open(server.spec(client) + "//jump=bastion", configuration: .quiet)
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aJumpHostThatReachesNobody() async throws {
        let port = try freePort()
        try await TestSSHServer.with { server in
            await expectGatewayError(.tunnelRefused, "bastion", "127.0.0.1:\(port)") {
                try await Gateway.open(
                    "ssh=host:\(port)//config=\(server.configuration)//jump=bastion:\(server.port)",
                    configuration: .quiet
                )
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aJumpHostThatGetsNoAnswer() async throws {
        try await TestSSHServer.with { server in
            try await SilentServer.withBlackHole { target in
                var ssh = SSHConfiguration()
                ssh.timeouts = Self.short
                ssh.timeouts.session = .milliseconds(300)
                let place = "ssh=host:\(target.port)//config=\(server.configuration)//jump=bastion:\(server.port)"
                await expectGatewayError(.connectTimedOut, "bastion", "did not connect further") {
                    try await Gateway.open(place, configuration: .quiet, ssh: ssh)
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aJumpHostWhoseNameIsNobodys() async throws {
        await expectGatewayError(.nameNotResolved, "no-host.invalid") {
            try await Gateway.open("ssh=host//config=none//jump=no-host.invalid", configuration: .quiet)
        }
    }

    /// The host behind it is known, but that is not asked.
    @Test(.timeLimit(.minutes(1)))
    func aJumpHostWhoseKeyIsUnknown() async throws {
        try await TestSSHServer.with { server in
            let text = String(decoding: try bytes(of: server.configuration), as: UTF8.self)
            try writeFile("Host bastion\nUserKnownHostsFile /dev/null\n" + text, to: server.configuration)
            await expectGatewayError(.hostKeyUnknown) {
                try await Gateway.open(server.spec() + "//jump=bastion", configuration: .quiet)
            }
            #expect(server.connectionCount == 1)
        }
    }
}
