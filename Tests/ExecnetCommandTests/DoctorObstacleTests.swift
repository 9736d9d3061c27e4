//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

/// `execnet doctor` where one step fails: it says which, and why.
@Suite(.timeLimit(.minutes(3)), .leavesNothingBehind) struct DoctorObstacleTests {
    private let steps = DoctorRun.way + DoctorRun.shell + DoctorRun.measurements

    @Test func noProgram() async throws {
        let run = try await DoctorRun("command=/nowhere/program")
        try run.expectFailure("process", "launchFailed", in: ["process"] + DoctorRun.shell + DoctorRun.measurements)
    }

    @Test func noSocketServer() async throws {
        let run = try await DoctorRun("socket=127.0.0.1:\(try freePort())")
        try run.expectFailure("connect", "launchFailed", in: ["connect"] + DoctorRun.shell + DoctorRun.measurements)
    }

    @Test func configurationThatCannotBeRead() async throws {
        try await withTemporaryFolder { folder in
            try writeFile("Port none\n", to: folder + "/config")
            let run = try await DoctorRun("ssh=host//config=\(folder)/config")
            try run.expectFailure("configuration", "invalidSpec", in: steps)
        }
    }

    @Test func nameWithoutAddress() async throws {
        let run = try await DoctorRun("ssh=nowhere.invalid//config=none")
        try run.expectFailure("resolve", "nameNotResolved", in: steps)
    }

    @Test func nobodyListens() async throws {
        let run = try await DoctorRun("ssh=127.0.0.1:\(try freePort())//config=none")
        try run.expectFailure("connect", "connectionRefused", in: steps)
    }

    @Test func noSSHServer() async throws {
        try await withTemporaryFolder { folder in
            // It waits for our version, or it might be gone before anybody listens.
            let script = "printf 'HTTP/1.1 400 Bad Request\\r\\n\\r\\n'; read line"
            try writeFile("#!/bin/sh\n\(script)\n", to: folder + "/web", mode: 0o700)
            try writeFile("ProxyCommand \(folder)/web\n", to: folder + "/config")
            let run = try await DoctorRun("ssh=host//config=\(folder)/config")
            try run.expectFailure("version", "protocolViolation", in: steps, skipped: ["resolve"])
            #expect(run.text.contains("web server"), "\(run.table)")
        }
    }

    @Test func noCommonAlgorithm() async throws {
        try await SSHServer.with(.onlyGCM) { server in
            let run = try await DoctorRun("ssh2=host//config=\(server.configuration)")
            try run.expectFailure("algorithms", "noCommonAlgorithm", in: steps)
        }
    }

    @Test func unknownHost() async throws {
        try await SSHServer.with { server in
            let run = try await DoctorRun("ssh=host//known_hosts=\(server.folder)/none//config=\(server.configuration)")
            try run.expectFailure("host key", "hostKeyUnknown", in: steps)
        }
    }

    @Test func changedHost() async throws {
        try await SSHServer.with { server in
            let other = try await SSHKey.make(at: server.folder + "/other")
            try writeFile("[127.0.0.1]:\(server.port) \(other.publicKey)\n", to: server.knownHosts)
            let run = try await DoctorRun("ssh=host//config=\(server.configuration)")
            try run.expectFailure("host key", "hostKeyChanged", in: steps)
        }
    }

    @Test func denied() async throws {
        try await SSHServer.with { server in
            let other = try await SSHKey.make(at: server.folder + "/other")
            let run = try await DoctorRun("ssh=host//identity=\(other.path)//config=\(server.configuration)")
            try run.expectFailure("authentication", "authenticationDenied", in: steps)
        }
    }

    @Test func unknownHostOfTheOpenSSHClient() async throws {
        try await SSHServer.with { server in
            let run = try await DoctorRun(
                "sshcmd=host//known_hosts=\(server.folder)/none//config=\(server.configuration)"
            )
            try run.expectFailure(
                "host key",
                "hostKeyUnknown",
                in: steps,
                skipped: ["configuration", "resolve", "connect", "version", "algorithms"]
            )
        }
    }

    @Test func noSession() async throws {
        try await SSHServer.with(.noSession) { server in
            let run = try await DoctorRun("ssh=host//config=\(server.configuration)")
            try run.expectFailure("transport", "sessionRefused", in: steps)
        }
    }

    @Test func forcedCommand() async throws {
        try await SSHServer.with(.forcedCommand) { server in
            let run = try await DoctorRun("ssh=host//config=\(server.configuration)")
            try run.expectFailure("shell noise", "noiseWithoutAnswer", in: steps)
            #expect(run.text.contains("this account may do nothing"), "\(run.table)")
        }
    }

    @Test func noShell() async throws {
        try await SSHServer.with(SSHServerOptions("ForceCommand exit 7")) { server in
            let run = try await DoctorRun("ssh=host//config=\(server.configuration)")
            try run.expectFailure("stage 0", "startFailed", in: steps, skipped: ["shell noise"])
        }
    }

    /// A machine of its own: nothing can be executed where anything can be written, and there is no Python.
    private static let bare = """
        #!/bin/sh
        exec unshare -m sh -c 'for d in /tmp /var/tmp /dev/shm; do mount -t tmpfs -o noexec none $d; done
        while p=$(command -v python3); do mount --bind /dev/null "$p" || exit; done
        cd /proc && exec sh -c "$SSH_ORIGINAL_COMMAND"'
        """

    @Test(.enabled(if: getuid() == 0)) func noDirectory() async throws {
        try await withTemporaryFolder { folder in
            try writeFile(Self.bare, to: folder + "/bare", mode: 0o700)
            var options = SSHServerOptions()
            options.keyOptions = "command=\"\(folder)/bare\""
            try await SSHServer.with(options) { server in
                let run = try await DoctorRun("ssh=host//config=\(server.configuration)")
                try run.expectFailure("cache directories", "noWritableDirectory", in: steps)
                #expect(
                    run.object("cache directories").contains("/dev/shm/.execnet-0: nothing can be executed"),
                    "\(run.json)"
                )
            }
        }
    }

    @Test func noPython() async throws {
        let run = try await DoctorRun("command=env//python=/nowhere/python3")
        try run.expectFailure(
            "agent start",
            "noPython",
            in: ["process"] + DoctorRun.shell + DoctorRun.measurements,
            skipped: ["cache directories"]
        )
    }
}
