//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetSystem
import ExecnetTestSupport
import Testing

/// Passwords, passphrases and keys are nowhere to be seen: neither where they are right nor where they are wrong.
@Suite(.leavesNothingBehind)
struct SSHSecretTests {
    /// What a server wants, and by which the user has a secret.
    enum Means: CaseIterable {
        case password, answers, passphrase, keyInMemory
    }

    private static let canary = "canary-4711-swordfish"
    private static let right = "open-\(canary)"
    private static let wrong = "wrong-\(canary)"

    @Test(.timeLimit(.minutes(1)), arguments: Means.allCases, [true, false])
    func aSecretIsNeverShown(means: Means, isRight: Bool) async throws {
        try await TestSSHServer.with(options(means)) { server in
            let log = CapturedLog()
            var ssh = SSHConfiguration()
            let (options, secrets) = try await prepare(means, isRight, server, &ssh)
            let spec = server.spec("ssh2") + options
            if isRight {
                try await withGateway(spec, configuration: log.configuration, ssh: ssh) { gateway in
                    try await GatewayUnderTest(kind: .ssh, gateway: gateway).expectUsable()
                    expectHidden(secrets, ["\(gateway)", gateway.spec, String(reflecting: gateway)])
                    expectHidden(secrets, Seen.onThisMachine())
                }
            } else {
                let error = await expectGatewayError(means == .passphrase ? .keyUnusable : .authenticationDenied) {
                    try await Gateway.open(spec, configuration: log.configuration, ssh: ssh)
                }
                var dumped = ""
                dump(error, to: &dumped)
                expectHidden(secrets, ["\(String(describing: error))", String(reflecting: error), dumped])
            }
            var dumped = ""
            dump(ssh, to: &dumped)
            expectHidden(secrets, log.lines + ["\(ssh)", String(reflecting: ssh), dumped])
        }
    }

    /// The OpenSSH client, which is a process whose arguments everybody can read, gets none of it.
    @Test(.timeLimit(.minutes(1)))
    func theOpenSSHClientIsToldNothing() async throws {
        try await TestSSHServer.with(.onlyGCM) { server in
            let log = CapturedLog()
            var ssh = SSHConfiguration()
            let key = try await SSHKey.make(at: server.folder + "/memory_key")
            let content = try bytes(of: key.path)
            ssh.credentials = SSHCredentials(
                keys: [.init(name: "memory", content: SecretBytes(content), passphrase: SecretBytes(Self.wrong))],
                passphrase: { _, _ in SecretBytes(Self.right) },
                password: .known(SecretBytes(Self.right))
            )
            try await withGateway(server.spec(), configuration: log.configuration, ssh: ssh) { _ in
                let seen = Seen.onThisMachine()
                // It is the client, and one sees it.
                #expect(seen.contains { $0.contains("ClearAllForwardings=yes") })
                expectHidden([Self.canary] + Seen.lines(of: content), seen)
            }
            #expect(!log.lines.isEmpty)
            expectHidden([Self.canary] + Seen.lines(of: content), log.lines)
        }
    }

    private func expectHidden(
        _ secrets: [String],
        _ texts: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(!secrets.isEmpty && !texts.isEmpty, sourceLocation: sourceLocation)
        for text in texts {
            for secret in secrets where text.contains(secret) {
                Issue.record("\(secret) is shown: \(text.prefix(500))", sourceLocation: sourceLocation)
            }
        }
    }

    // MARK: servers

    private func options(_ means: Means) -> SSHServerOptions {
        switch means {
        case .password:
            var options = SSHServerOptions("AuthenticationMethods password")
            options.password = Self.right
            return options
        case .answers:
            var options = SSHServerOptions("AuthenticationMethods keyboard-interactive")
            options.answers = [Self.right]
            return options
        case .passphrase, .keyInMemory: return SSHServerOptions()
        }
    }

    /// What a gateway's description needs more, and what must not be seen.
    private func prepare(
        _ means: Means,
        _ isRight: Bool,
        _ server: SSHServer,
        _ ssh: inout SSHConfiguration
    ) async throws -> (options: String, secrets: [String]) {
        let text = isRight ? Self.right : Self.wrong
        switch means {
        case .password:
            ssh.credentials.password = .known(SecretBytes(text))
            return ("", [Self.canary])
        case .answers:
            ssh.credentials.prompt = { questions in questions.prompts.map { _ in SecretBytes(text) } }
            return ("", [Self.canary])
        case .passphrase:
            let key = try await SSHKey.make(at: server.folder + "/locked_key", passphrase: Self.right)
            try server.authorize(key)
            ssh.credentials.passphrase = { _, _ in SecretBytes(text) }
            return ("//identity=\(key.path)", [Self.canary] + Seen.lines(of: try bytes(of: key.path)))
        case .keyInMemory:
            let key = try await SSHKey.make(at: server.folder + "/memory_key", passphrase: Self.right)
            try server.authorize(isRight ? key : try await SSHKey.make(at: server.folder + "/third_key"))
            let content = try bytes(of: key.path)
            ssh.credentials.keys = [
                .init(name: "memory", content: SecretBytes(content), passphrase: SecretBytes(Self.right))
            ]
            return ("", [Self.canary] + Seen.lines(of: content))
        }
    }
}

extension SSHServer {
    /// Lets this key in, and no other.
    fileprivate func authorize(_ key: SSHKey) throws {
        try writeFile(key.publicKey + "\n", to: folder + "/authorized_keys")
    }
}

/// What everybody can see of the processes of these tests.
private enum Seen {
    /// Arguments and environments of this process and of all that it started, and what its environment is by now.
    static func onThisMachine() -> [String] {
        let files = TestRun.processes.union([getpid()]).flatMap { pid in
            ["cmdline", "environ"].compactMap { SmallFile.read("/proc/\(pid)/\($0)") }
        }
        let environment = ProcessPlan.currentEnvironment.map { "\($0.key)=\($0.value)" }
        return files.map { String(decoding: $0.map { $0 == 0 ? UInt8(ascii: " ") : $0 }, as: UTF8.self) } + environment
    }

    /// Those of a private key's text that are its own.
    static func lines(of key: [UInt8]) -> [String] {
        String(decoding: key, as: UTF8.self).split(separator: "\n").dropFirst(2).dropLast().map { String($0) }
    }
}
