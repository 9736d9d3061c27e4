//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import Testing

@testable import ExecnetTestSupport

/// The servers that the tests of SSH use do what those tests rely on, as OpenSSH's own client sees it.
@Suite(.serialized, .leavesNothingBehind)
struct SSHServerTests {
    @Test(.timeLimit(.minutes(1)))
    func aSessionHasAHomeFolderOfItsOwn() async throws {
        try await SSHServer.with { server in
            let output = try await server.output(of: "cd && pwd && echo $HOME && ls -A")
            #expect(output == "\(server.home)\n\(server.home)")
            try await server.waitForLog { $0.hasPrefix("Accepted publickey for \(server.user) from 127.0.0.1") }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["/bin/bash", "/bin/dash"])
    func theLoginShellIsTheOneAskedFor(shell: String) async throws {
        var options = SSHServerOptions()
        options.shell = shell
        try await SSHServer.with(options) { server in
            let output = try await server.output(of: "readlink -f /proc/$$/exe; echo $SHELL")
            #expect(output.split(separator: "\n") == ["/usr" + shell, Substring(shell)])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func anAccountWithoutLoginSaysSo() async throws {
        try await SSHServer.with(.noLogin) { server in
            try await expectFailure("This account is currently not available.") {
                try await server.output(of: "echo welcome")
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aStrangersKeyIsRefused() async throws {
        try await SSHServer.with { server in
            let key = try await SSHKey.make(at: server.folder + "/stranger")
            try await expectFailure("Permission denied (publickey)") {
                try await server.output(of: "true", options: ["-F", "/dev/null"] + server.place(key: key))
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func anUnknownHostKeyIsNoticedByTheClient() async throws {
        try await SSHServer.with { server in
            let other = try await SSHKey.make(at: server.folder + "/other")
            try writeFile("[127.0.0.1]:\(server.port) \(other.publicKey)\n", to: server.knownHosts)
            try await expectFailure("Host key verification failed") { try await server.output(of: "true") }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: SSHKey.Kind.allCases)
    func keysOfEachKindServeAsHostKeysAndAsUsers(kind: SSHKey.Kind) async throws {
        var options = SSHServerOptions()
        options.hostKeys = [kind]
        options.clientKey = kind
        try await SSHServer.with(options) { server in
            #expect(try await server.output(of: "echo in") == "in")
            let fingerprint = try await server.clientKey.fingerprint()
            #expect(fingerprint.hasPrefix("SHA256:"))
            try await server.waitForLog { $0.hasPrefix("Accepted key ") && $0.contains(fingerprint) }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["", "open sesame"])
    func privateKeysAreWrittenInEachForm(passphrase: String) async throws {
        try await withTemporaryFolder { folder in
            for (format, start) in [
                (SSHKey.Format.openSSH, "-----BEGIN OPENSSH PRIVATE KEY-----"),
                (.pem, "-----BEGIN EC PRIVATE KEY-----"),
                (.pkcs8, passphrase.isEmpty ? "-----BEGIN PRIVATE KEY-----" : "-----BEGIN ENCRYPTED PRIVATE KEY-----"),
            ] {
                let key = try await SSHKey.make(
                    .ecdsa256,
                    at: "\(folder)/\(format)",
                    passphrase: passphrase,
                    format: format
                )
                #expect(String(decoding: try bytes(of: key.path), as: UTF8.self).hasPrefix(start))
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aPasswordIsTakenAndAWrongOneIsNot() async throws {
        var options = SSHServerOptions()
        options.password = "a word & a $ign"
        try await SSHServer.with(options) { server in
            let method = ["-o", "PreferredAuthentications=password"]
            let output = try await server.output(of: "echo in", options: method, answers: ["a word & a $ign"])
            #expect(output == "in")
            try await expectFailure("Permission denied") {
                try await server.output(of: "true", options: method, answers: ["wrong", "wrong", "wrong"])
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aKeyAndThenAPasswordCanBeAskedFor() async throws {
        var options = SSHServerOptions("AuthenticationMethods publickey,password")
        options.password = "secret"
        try await SSHServer.with(options) { server in
            #expect(try await server.output(of: "echo in", answers: ["secret"]) == "in")
            try await server.waitForLog { $0.hasPrefix("Partial publickey for \(server.user) ") }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func questionsAreAskedOneAfterTheOther() async throws {
        var options = SSHServerOptions("AuthenticationMethods publickey,keyboard-interactive")
        options.answers = ["first", "second"]
        try await SSHServer.with(options) { server in
            #expect(try await server.output(of: "echo in", answers: ["first", "second"]) == "in")
            try await expectFailure("Permission denied") {
                try await server.output(of: "true", answers: ["first"] + Array(repeating: "wrong", count: 5))
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func questionsAreAskedTogether() async throws {
        let questions = [(prompt: "Word: ", answer: "one"), ("Code: ", "two"), ("Colour: ", "three")]
        try await SSHServer.withQuestions(questions) { server in
            #expect(try await server.output(of: "echo in", answers: ["one", "two", "three"]).hasSuffix("\nin"))
            try await expectFailure("Permission denied") {
                try await server.output(of: "true", answers: ["one", "two", "four"])
            }
            let text = try await server.output(
                of: "head -c 3000000 /dev/zero | tr '\\0' @",
                answers: ["one", "two", "three"]
            )
            #expect(text.utf8.count { $0 == UInt8(ascii: "@") } == 3_000_000)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func eachWayOfRefusingIsSeen() async throws {
        for (options, text) in [
            (SSHServerOptions.onlyRSA, "no matching host key type found"),
            (.onlyGCM, "no matching cipher found"),
            (.onlyEncryptThenMAC, "no matching MAC found"),
            (.onlyPostQuantum, "no matching key exchange method found"),
        ] {
            try await SSHServer.with(options) { server in
                try await expectFailure(text) { try await server.output(of: "true", options: SSHServerTests.libssh2) }
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aForcedCommandRunsInsteadOfTheOneAskedFor() async throws {
        try await SSHServer.with(.forcedCommand) { server in
            let output = try await server.output(of: "echo mine")
            #expect(output == "this account may do nothing")
        }
        var options = SSHServerOptions()
        options.keyOptions = "command=\"echo forced by the key\""
        try await SSHServer.with(options) { server in
            let output = try await server.output(of: "echo mine")
            #expect(output == "forced by the key")
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func withoutSessionsNoCommandRuns() async throws {
        try await SSHServer.with(.noSession) { server in
            try await expectFailure("open failed") { try await server.output(of: "true") }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func whereOneWaitsTheNextIsTurnedAway() async throws {
        try await SSHServer.with(.crowded) { server in
            let waiting = try await Connector.connect(
                to: .tcp(host: "127.0.0.1", port: server.port),
                within: .seconds(10)
            )
            try await server.waitForLog { $0.hasPrefix("Connection from 127.0.0.1 ") }
            try await expectFailure("Exceeded MaxStartups") { try await server.output(of: "true", options: ["-v"]) }
            waiting.close()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func keysOfTheSessionAreRenewed() async throws {
        var options = SSHServerOptions.rekeying
        options.lines.append("LogLevel DEBUG1")
        try await SSHServer.with(options) { server in
            let output = try await server.output(of: "head -c 8000000 /dev/zero | tr '\\0' @")
            #expect(output.utf8.count { $0 == UInt8(ascii: "@") } == 8_000_000)
            #expect(server.log.lines.count { $0.hasPrefix("debug1: SSH2_MSG_KEXINIT received") } > 4)
        }
    }

    // MARK: the life of a server

    @Test(.timeLimit(.minutes(1)), arguments: [false, true])
    func nothingOutlivesAServer(isDropbear: Bool) async throws {
        try await withServer(isDropbear: isDropbear) { server in
            // One that waits for its session, and one that left it.
            let script = "setsid sh -c 'setsid sleep 1000 &' < /dev/null; exec sleep 1000"
            let client = try TestProgram.start("/usr/bin/ssh", ["-F", server.configuration, "host", script])
            var all: Set<Int32> = []
            while all.count(where: { name(of: $0) == "sleep" }) < 2 {
                all = server.program.descendants
                try Task.checkCancellation()
                await Task.yield()
            }
            #expect(!server.connections.isEmpty && server.connections.isSubset(of: all))
            #expect(server.connections.allSatisfy { name(of: $0) != "sleep" })
            try await server.stop()
            #expect(all.allSatisfy { processState(of: $0) ?? "Z" == "Z" })
            #expect(await client.process.ended() == .exited(255))
            await client.log.ended()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aServerCanStandStillAndGoOn() async throws {
        try await SSHServer.with { server in
            let client = try TestProgram.start(
                "/usr/bin/ssh",
                ["-F", server.configuration, "host", "while echo tick; do sleep 0.01; done"]
            )
            try await client.log.line { $0 == "tick" }
            server.pause()
            for pid in server.program.descendants {
                while !["T", "Z", nil].contains(processState(of: pid)) { try Task.checkCancellation() }
            }
            server.resume()
            let count = client.log.lines.count
            try await client.log.line(after: count + 10) { $0 == "tick" }
            client.process.signal(SIGKILL)
            await client.log.ended()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aPortThatIsTakenIsNotInsistedOn() async throws {
        try await SSHServer.with { first in
            try await withTemporaryFolder { folder in
                var ports: [Int] = []
                let server = try await SSHServer.start(
                    in: folder,
                    hostKeys: [],
                    clientKey: first.clientKey,
                    readiness: SSHServer.openSSH
                ) { port in
                    ports.append(ports.isEmpty ? first.port : port)
                    var text = String(decoding: try bytes(of: first.folder + "/sshd_config"), as: UTF8.self)
                    text =
                        "ListenAddress 127.0.0.1:\(ports[ports.count - 1])\n"
                        + text.split(separator: "\n")
                        .filter { !$0.hasPrefix("ListenAddress") }.joined(separator: "\n") + "\n"
                    try writeFile(text, to: folder + "/sshd_config")
                    return try TestProgram.start("/usr/sbin/sshd", ["-D", "-e", "-f", folder + "/sshd_config"])
                }
                #expect(ports.count == 2 && server.port == ports[1] && server.port != first.port)
                try await server.stop()
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aServerThatDoesNotStartSaysWhy() async throws {
        do {
            try await SSHServer.with(SSHServerOptions("NoSuchOption yes")) { _ in }
            Issue.record("it started")
        } catch {
            #expect("\(error)".contains("Bad configuration option: NoSuchOption"), "\(error)")
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func whoWaitsForALineIsToldWhenItCannotComeAnyMore() async throws {
        let program = try TestProgram.start("/bin/sh", ["-c", "echo one; echo two; printf three"])
        #expect(try await program.log.line { $0 == "two" } == "two")
        #expect(try await program.log.line(after: 2) { _ in true } == "three")
        await #expect(throws: ProgramLog.MissingLine.self) { try await program.log.line { $0 == "four" } }
        #expect(program.log.lines == ["one", "two", "three"])
    }

    @Test(.timeLimit(.minutes(1)))
    func whoWaitsForALineCanBeCancelled() async throws {
        let program = try TestProgram.start("/bin/sleep", ["1000"])
        await #expect(throws: ProgramLog.MissingLine.self) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await program.log.line { _ in true } }
                await Task.yield()
                group.cancelAll()
                try await group.waitForAll()
            }
        }
        try await program.end()
    }

    // MARK: Dropbear, the agent

    @Test(.timeLimit(.minutes(1)))
    func dropbearLetsTheKeyIn() async throws {
        try await SSHServer.withDropbear { server in
            let output = try await server.output(of: "pwd; echo $HOME; ls -A", options: SSHServerTests.libssh2)
            #expect(output == "\(server.home)\n\(server.home)\n.ssh")
            let key = try await SSHKey.make(at: server.folder + "/stranger")
            try await expectFailure("Permission denied (publickey)") {
                try await server.output(of: "true", options: ["-F", "/dev/null"] + server.place(key: key))
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func dropbearTakesAPassword() async throws {
        try await SSHServer.withDropbear(password: "secret") { server in
            let method = ["-o", "PreferredAuthentications=password"]
            #expect(try await server.output(of: "echo in", options: method, answers: ["secret"]) == "in")
            try await expectFailure("Permission denied") {
                try await server.output(of: "true", options: method, answers: ["wrong", "wrong", "wrong"])
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func anAgentSignsForWhoHasNoKeyFile() async throws {
        try await SSHServer.with { server in
            try await SSHAgentProgram.with(keys: [server.clientKey], in: server.folder) { agent in
                let options = ["-F", "/dev/null", "-o", "IdentityFile=none", "-o", "IdentityAgent=\(agent.socket)"]
                #expect(try await server.output(of: "echo in", options: options + server.place()) == "in")
                try await agent.stop()
                try await expectFailure("Permission denied") {
                    try await server.output(of: "true", options: options + server.place())
                }
            }
        }
    }

    /// Algorithms such as libssh2 1.10 has.
    private static let libssh2 = [
        "-o", "HostKeyAlgorithms=ssh-ed25519,ecdsa-sha2-nistp256", "-o", "Ciphers=aes128-ctr,aes256-ctr",
        "-o", "MACs=hmac-sha2-256", "-o", "KexAlgorithms=curve25519-sha256",
    ]

    private func withServer(isDropbear: Bool, _ body: (SSHServer) async throws -> Void) async throws {
        guard isDropbear else { return try await SSHServer.with { try await body($0) } }
        try await SSHServer.withDropbear { try await body($0) }
    }
}

extension SSHServer {
    /// Options of a client that read no configuration.
    fileprivate func place(key: SSHKey? = nil) -> [String] {
        var options = ["-p", "\(port)", "-l", user]
        if let key { options += ["-i", key.path, "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none"] }
        for setting in ["HostName=127.0.0.1", "UserKnownHostsFile=\(knownHosts)", "GlobalKnownHostsFile=/dev/null"] {
            options += ["-o", setting]
        }
        return options
    }
}

private func name(of pid: Int32) -> String {
    String(decoding: SmallFile.read("/proc/\(pid)/comm")?.dropLast() ?? [], as: UTF8.self)
}

/// Expects that a program fails and says this.
private func expectFailure(
    _ text: String,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> String
) async throws {
    do {
        let output = try await body()
        Issue.record("it succeeded: \(output)", sourceLocation: sourceLocation)
    } catch let error as TestProgram.Failure {
        #expect(error.description.contains(text), "\(error.description)", sourceLocation: sourceLocation)
    }
}
