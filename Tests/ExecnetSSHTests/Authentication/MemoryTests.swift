//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetTestSupport
import Testing

@testable import ExecnetSSH

@Suite(.timeLimit(.minutes(2)), .librariesStarted, .leavesNothingBehind, .serialized) struct MemoryTests {
    /// Makes a key with a passphrase that only files know, and other secrets.
    private func makeSecrets(_ server: SSHServer) async throws {
        let script = """
            cd \(server.folder) && for name in passphrase password answer; do
                head -c 48 /dev/urandom | base64 > $name
            done
            ssh-keygen -q -t ed25519 -N "$(cat passphrase)" -f key && cat key.pub >> authorized_keys
            """
        try await TestProgram.output(of: "/bin/sh", ["-c", script])
    }

    @Test func secretsAreWipedWhenTheyHaveServed() async throws {
        var options = SSHServerOptions()
        options.lines = ["PasswordAuthentication yes"]
        options.answers = ["another"]
        try await SSHServer.with(options) { server in
            try await makeSecrets(server)
            let folder = server.folder
            var search = MemorySearch()
            for name in ["passphrase", "password", "answer"] { try search.add("\(folder)/\(name)") }
            #expect(search.count() == 0)
            do {
                let secret = try SecretBytes(line: folder + "/passphrase")
                #expect(search.count() == 1)
                #expect(secret.count == 64)
            }
            // The password and the answer are refused, and only then comes the key.
            var login = LoginTest(folder + "/key")
            login.options.methods = [.password, .interactive, .publicKey]
            login.credentials.passphrase = { _, _ in try? SecretBytes(line: folder + "/passphrase") }
            login.credentials.password = .asked { try? SecretBytes(line: folder + "/password") }
            login.credentials.prompt = { _ in (try? SecretBytes(line: folder + "/answer")).map { [$0] } ?? [] }
            let outcome = try await login.run(server)
            #expect(
                outcome.attempts == ["password: denied", "keyboard-interactive: denied", "\(folder)/key: accepted"]
            )
            #expect(search.count() == 0)
        }
    }
}
