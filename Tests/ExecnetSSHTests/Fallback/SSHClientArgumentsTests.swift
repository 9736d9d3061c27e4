//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

@testable import ExecnetSSH

struct SSHClientArgumentsTests {
    private let usual = [
        "-T", "-a", "-x", "-o", "LogLevel=INFO", "-o", "BatchMode=yes", "-o", "ClearAllForwardings=yes",
        "-o", "RemoteCommand=none", "-o", "PermitLocalCommand=no", "-o", "StrictHostKeyChecking=yes",
    ]

    @Test(.timeLimit(.minutes(1))) func theLeast() throws {
        #expect(try client("host").arguments() == ["ssh"] + usual + ["--", "host"])
    }

    @Test(.timeLimit(.minutes(1))) func allOfIt() throws {
        var client = try client("joe@host:2222")
        client.client = "/usr/bin/ssh"
        client.configuration = "/etc/own config"
        client.target.identities = ["/k/a", "~/b c"]
        client.knownHosts = ["/k/known", "/k/known 2"]
        client.connectTimeout = .milliseconds(2_001)
        client.identitiesOnly = true
        client.target.keyAlgorithms = ["rsa-sha2-512", "rsa-sha2-256"]
        client.policy = .acceptNew
        #expect(
            try client.arguments()
                == ["/usr/bin/ssh", "-F", "/etc/own config"] + usual.dropLast() + [
                    "StrictHostKeyChecking=accept-new", "-o", #"UserKnownHostsFile=/k/known "/k/known 2""#,
                    "-o", "ConnectTimeout=3", "-o", "IdentityFile=/k/a", "-o", #"IdentityFile="~/b c""#,
                    "-o", "IdentitiesOnly=yes", "-o", "PubkeyAcceptedAlgorithms=rsa-sha2-512,rsa-sha2-256",
                    "-p", "2222", "-l", "joe", "--", "host",
                ]
        )
    }

    @Test(.timeLimit(.minutes(1))) func theDirectWayAndTheAgentAreSaid() throws {
        var client = try client("host")
        client.jumps = []
        client.agent = "none"
        #expect(
            try client.arguments().suffix(6)
                == ["-o", "IdentityAgent=none", "-o", "ProxyJump=none", "--", "host"]
        )
    }

    @Test(.timeLimit(.minutes(1))) func withoutAPolicyTheConfigurationDecides() throws {
        var client = try client("host")
        client.policy = nil
        #expect(try client.arguments().allSatisfy { !$0.utf8.starts(with: "StrictHostKeyChecking".utf8) })
    }

    @Test(.timeLimit(.minutes(1))) func insecureRecordsNothing() throws {
        var client = try client("::1")
        client.policy = .insecure
        client.knownHosts = ["/k/known"]
        #expect(
            try client.arguments().suffix(7) == [
                "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o",
                "GlobalKnownHostsFile=/dev/null", "--", "::1",
            ]
        )
    }

    @Test(.timeLimit(.minutes(1)), arguments: [(0, 1), (1, 1), (999, 1), (1_000, 1), (1_001, 2), (-5, 1)])
    func timesAreWholeSeconds(_ milliseconds: Int, _ seconds: Int) throws {
        var client = try client("host")
        client.connectTimeout = .milliseconds(milliseconds)
        #expect(try client.arguments().contains("ConnectTimeout=\(seconds)"))
    }

    @Test(.timeLimit(.minutes(1))) func aJumpIsReachedUnderTheSameRules() throws {
        var client = try client("host")
        client.jumps = [.init(destination: try SSHDestination("joe@jump:2222"), identities: ["/k/a b%"])]
        let proxy =
            "ssh " + usual.joined(separator: " ")
            + #" -o IdentityFile=\"/k/a\ b%%%%\" -W \[%h\]:%p -p 2222 -l joe -- jump"#
        #expect(try client.arguments() == ["ssh"] + usual + ["-o", "ProxyCommand=" + proxy, "--", "host"])
    }

    @Test(.timeLimit(.minutes(1))) func whatCannotBeHandedOverIsSaid() throws {
        func failure(_ change: (inout SSHClientArguments) throws -> Void) throws -> SSHClientArguments.Failure? {
            var client = try client("host")
            try change(&client)
            do throws(SSHClientArguments.Failure) {
                _ = try client.arguments()
                return nil
            } catch {
                return error
            }
        }
        let fingerprint = try #require(HostKeyFingerprint("SHA256:pijmXc6v9tnr3jAU0PBNjia3P4izXP3ot6XAppS+Czc"))
        #expect(try failure { $0.policy = .pinned(fingerprint) } == .pinnedHostKey)
        #expect(try failure { $0.policy = .ask { _ in true } } == .askedHostKey)
        for path in ["", "a\"b", "a\\b", "${HOME}/k", "a\nb"] {
            #expect(try failure { $0.target.identities = [path] } == .path(path))
            #expect(try failure { $0.knownHosts = [path] } == .path(path))
        }
        #expect(try failure { $0.configuration = "a\nb" } == .path("a\nb"))
        #expect(
            try failure { client in
                client.jumps = [SSHClientArguments.Hop](
                    repeating: .init(destination: try SSHDestination("x")),
                    count: 9
                )
            } == .tooManyJumps(9)
        )
    }

    // MARK: read by the client itself

    @Test(.enabled(if: hasClient), .timeLimit(.minutes(1))) func theClientReadsItAsMeant() throws {
        var client = try client("joe@host:2222")
        client.client = "/usr/bin/ssh"
        client.configuration = "none"
        client.target.identities = ["/k/a", "/k/b c", "/k/it's 100%", "/k/#x=y"]
        client.knownHosts = ["/k/known", "/k/k 2%h"]
        client.connectTimeout = .seconds(7)
        client.identitiesOnly = true
        client.target.keyAlgorithms = ["rsa-sha2-512"]
        let lines = try run(["/usr/bin/ssh", "-G"] + client.arguments().dropFirst())
        let expected = [
            "hostname host", "user joe", "port 2222", "batchmode yes", "identitiesonly yes", "connecttimeout 7",
            "clearallforwardings yes", "requesttty false", "forwardagent no", "forwardx11 no", "loglevel INFO",
            "stricthostkeychecking true", "pubkeyacceptedalgorithms rsa-sha2-512", "permitlocalcommand no",
            "userknownhostsfile /k/known /k/k 2%h",
        ]
        for line in expected { #expect(lines.contains(line), "\(line)") }
        let identities = lines.filter { $0.utf8.starts(with: "identityfile ".utf8) }
        // -G shows tokens as they were given.
        #expect(
            identities == [
                "identityfile /k/a", "identityfile /k/b c", "identityfile /k/it's 100%%", "identityfile /k/#x=y",
            ]
        )
    }

    /// Each client starts the one before it through a shell, down to the first, which finds no server.
    @Test(.enabled(if: hasClient), .timeLimit(.minutes(1)), arguments: [1, 2, 3, 8])
    func jumpsReachTheFirstHost(_ count: Int) throws {
        let folder = "/tmp/\(UInt64.random(in: 0 ... .max))"
        mkdir(folder, 0o700)
        let log = folder + "/log"
        let script = folder + "/it's a \"client\" $x %h"
        defer { for path in [log, script, folder] { remove(path) } }
        // Notes its arguments, and is the client.
        try write(
            "#!/bin/sh\nfor x; do printf '<%s>' \"$x\"; done >> \(log)\necho >> \(log)\nexec /usr/bin/ssh \"$@\"\n",
            to: script
        )
        chmod(script, 0o700)
        var client = try client("joe@target:2222")
        client.client = script
        client.configuration = "none"
        let identity = "/k/it's %d #1"
        // Nobody listens there.
        client.jumps = try (0..<count).map { index in
            .init(destination: try SSHDestination("u\(index)@127.0.0.1:\(index + 1)"), identities: [identity])
        }
        let lines = try run(client.arguments() + ["true"])
        #expect(lines.contains { $0.utf8.starts(with: "ssh: connect to host 127.0.0.1 port 1: ".utf8) }, "\(lines)")
        let calls = try read(log)
        #expect(calls.count == count + 1)
        // From the target's client to that of the first jump.
        for (call, index) in zip(calls.dropFirst(), (0..<count).reversed()) {
            let next = index + 1 < count ? "[127.0.0.1]:\(index + 2)" : "[target]:2222"
            #expect(call.hasPrefix("<-F><none>"))
            #expect(call.hasSuffix("<-W><\(next)><-p><\(index + 1)><-l><u\(index)><--><127.0.0.1>"), "\(call)")
            let words = call.split(separator: "><").map(String.init)
            #expect(words.contains("BatchMode=yes") && words.contains("StrictHostKeyChecking=yes"))
            #expect(words.contains("IdentityFile=\"/k/it's %%d #1\""), "\(call)")
        }
    }

    private static let hasClient = access("/usr/bin/ssh", X_OK) == 0

    private func client(_ text: String) throws -> SSHClientArguments {
        var client = SSHClientArguments(to: .init(destination: try SSHDestination(text)))
        client.policy = .strict
        return client
    }

    /// Runs a program by a shell, and returns the lines of both its outputs.
    private func run(_ words: [String]) throws -> [String] {
        let quoted = words.map { word in
            "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
        }
        let file = try #require(popen(quoted.joined(separator: " ") + " 2>&1 </dev/null", "r"))
        defer { pclose(file) }
        return lines(of: file)
    }

    private func read(_ path: String) throws -> [String] {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        return lines(of: file)
    }

    private func lines(of file: UnsafeMutablePointer<FILE>) -> [String] {
        var bytes: [UInt8] = []
        while case let byte = getc(file), byte != EOF { bytes.append(UInt8(byte)) }
        return bytes.split { $0 == 10 || $0 == 13 }.map { String(decoding: $0, as: UTF8.self) }
    }

    private func write(_ text: String, to path: String) throws {
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
    }
}
