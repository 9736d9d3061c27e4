//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetTestSupport
import Testing

/// What can be wrong on the way to a gateway over ssh: each has an error of its own, and leaves nothing behind.
@Suite(.leavesNothingBehind)
struct SSHErrorTests {
    /// With the OpenSSH client an error means the same.
    static let bothClients = ["ssh2", "sshcmd"]

    // MARK: logging in

    @Test(.timeLimit(.minutes(1)), arguments: bothClients)
    func aWrongKeyIsDeniedAndNotTriedAgain(client: String) async throws {
        try await TestSSHServer.with { server in
            let key = try await SSHKey.make(at: server.folder + "/other_key")
            let spec = "\(client)=host//config=\(try server.configuration(key: key))"
            await expectGatewayError(.authenticationDenied, "publickey") {
                try await Gateway.open(spec, configuration: .quiet)
            }
            try await expectConnections(1, server)
        }
    }

    /// With `ssh=` too: another client would get no further with what is denied.
    @Test(.timeLimit(.minutes(1)))
    func whatIsDeniedIsNotOfferedByTheOtherClient() async throws {
        try await TestSSHServer.with { server in
            let key = try await SSHKey.make(at: server.folder + "/other_key")
            let spec = "ssh=host//config=\(try server.configuration(key: key))"
            let error = await expectGatewayError(.authenticationDenied, server.user, key.path) {
                try await Gateway.open(spec, configuration: .quiet)
            }
            let fingerprint = try await key.fingerprint()
            #expect(error?.message.contains(fingerprint) == true)
            try await expectConnections(1, server)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aWrongPasswordIsDeniedAndNotTriedAgain() async throws {
        var options = SSHServerOptions("AuthenticationMethods password")
        options.password = "the right one"
        try await TestSSHServer.with(options) { server in
            var ssh = SSHConfiguration()
            ssh.credentials.password = .known(SecretBytes("a wrong one"))
            await expectGatewayError(.authenticationDenied, "password") {
                try await Gateway.open(server.spec(), configuration: .quiet, ssh: ssh)
            }
            #expect(server.log.lines.filter { $0.hasPrefix("Failed password for") }.count == 1)
            #expect(server.connectionCount == 1)
            ssh.credentials.password = .known(SecretBytes("the right one"))
            try await withGateway(server.spec(), configuration: .quiet, ssh: ssh) { _ in }
        }
    }

    /// Counts when no connection can come any more but those that are asked for.
    private func expectConnections(_ count: Int, _ server: SSHServer) async throws {
        _ = try await server.output(of: "true")
        #expect(server.connectionCount == count + 1, "\(server.log.text)")
    }

    // MARK: host keys

    @Test(.timeLimit(.minutes(1)), arguments: bothClients)
    func anUnknownHostIsRefusedBeforeAnythingIsOffered(client: String) async throws {
        try await TestSSHServer.with { server in
            try writeFile("", to: server.knownHosts)
            let error = await expectGatewayError(.hostKeyUnknown) {
                try await Gateway.open(server.spec(client), configuration: .quiet)
            }
            if client == "ssh2" {
                // What to compare, and the line to add.
                let fingerprint = try await server.hostKeyFingerprint()
                #expect(error?.message.contains(fingerprint) == true, "\(error?.message ?? "")")
                #expect(error?.message.contains(server.hostKeyLine) == true)
            }
            #expect(!server.log.lines.contains { $0.hasPrefix("Accepted ") || $0.hasPrefix("Failed ") })
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: bothClients)
    func aChangedHostKeyIsRefusedWithBothFingerprints(client: String) async throws {
        try await TestSSHServer.with { server in
            let other = try await SSHKey.make(at: server.folder + "/other_host_key")
            try writeFile("[127.0.0.1]:\(server.port) \(other.publicKey)\n", to: server.knownHosts)
            let error = await expectGatewayError(.hostKeyChanged) {
                try await Gateway.open(server.spec(client), configuration: .quiet)
            }
            if client == "ssh2" {
                for fingerprint in [try await server.hostKeyFingerprint(), try await other.fingerprint()] {
                    #expect(error?.message.contains(fingerprint) == true, "\(error?.message ?? "")")
                }
                #expect(error?.message.contains(server.knownHosts + ":1") == true)
            }
            #expect(!server.log.lines.contains { $0.hasPrefix("Accepted ") || $0.hasPrefix("Failed ") })
        }
    }

    // MARK: algorithms

    /// What libssh2 has nothing in common with, and what to log in to nevertheless.
    enum Hardened: CaseIterable {
        case rsa, gcm, encryptThenMAC, postQuantum

        var options: SSHServerOptions {
            switch self {
            case .rsa: .onlyRSA
            case .gcm: .onlyGCM
            case .encryptThenMAC: .onlyEncryptThenMAC
            case .postQuantum: .onlyPostQuantum
            }
        }

        var words: String {
            switch self {
            case .rsa: "RSA"
            case .gcm: "aes256-gcm@openssh.com"
            case .encryptThenMAC: "hmac-sha2-256-etm@openssh.com"
            case .postQuantum: "sntrup761x25519-sha512@openssh.com"
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: Hardened.allCases)
    func whatLibssh2LacksIsAnErrorOrLeftToTheOpenSSHClient(server kind: Hardened) async throws {
        try await TestSSHServer.with(kind.options) { server in
            await expectGatewayError(.noCommonAlgorithm, "libssh2", kind.words) {
                try await Gateway.open(server.spec("ssh2") + "//hostkey=insecure", configuration: .quiet)
            }
            let log = CapturedLog()
            try await withGateway(server.spec(), configuration: log.configuration) { gateway in
                try await GatewayUnderTest(kind: .ssh, gateway: gateway).expectUsable()
            }
            #expect(log.lines.contains { $0.contains("the OpenSSH client is used") && $0.contains("libssh2") })
        }
    }

    /// Nor does it have to come to a connection where it is known before.
    @Test(.timeLimit(.minutes(1)))
    func aRecordedRSAKeyIsReasonEnough() async throws {
        try await TestSSHServer.with(.onlyRSA) { server in
            await expectGatewayError(.hostKeyUnsupported, "ssh-rsa") {
                try await Gateway.open(server.spec("ssh2"), configuration: .quiet)
            }
        }
    }

    /// Another client would get no further.
    @Test(.timeLimit(.minutes(1)), arguments: ["ssh", "ssh2", "sshcmd"])
    func withoutAnyCommonAlgorithmBothSidesAreNamed(client: String) async throws {
        try await TestSSHServer.with(SSHServerOptions("Ciphers aes256-ctr")) { server in
            let text = String(decoding: try bytes(of: server.configuration), as: UTF8.self)
            try writeFile(text + "Ciphers aes128-ctr\n", to: server.configuration)
            await expectGatewayError(.noCommonAlgorithm, "aes256-ctr") {
                try await Gateway.open(server.spec(client), configuration: .quiet)
            }
            #expect(server.connectionCount == 1)
        }
    }
}

extension SSHServer {
    /// A file of configuration as the server's own, but with another key.
    fileprivate func configuration(key: SSHKey) throws -> String {
        let text = String(decoding: try bytes(of: configuration), as: UTF8.self)
        let lines = text.split(separator: "\n").map { $0.hasPrefix("IdentityFile ") ? "IdentityFile \(key.path)" : $0 }
        try writeFile(lines.joined(separator: "\n") + "\n", to: folder + "/other_config")
        return folder + "/other_config"
    }
}
