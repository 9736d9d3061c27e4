//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import ExecnetTestSupport
import Testing

/// `execnet doctor` where all is well.
@Suite(.timeLimit(.minutes(3)), .leavesNothingBehind) struct DoctorTests {
    private let shell = DoctorRun.shell + DoctorRun.measurements

    @Test func popen() async throws {
        let run = try await DoctorRun("popen//id=w1")
        run.expectWell(["process", "agent start"] + DoctorRun.measurements)
        #expect(run.table.output.hasPrefix("popen//id=w1\n  ok       process "), "\(run.table)")
        #expect(run.object("process").contains(#","ms":"#), "\(run.json)")
        #expect(
            run.object("round trip").hasPrefix(#"{"step":"round trip","outcome":"ok","detail":"median of 21","ms":"#)
        )
        #expect(run.object("clock").contains(" ms"), "\(run.json)")
        #expect(run.object("throughput").contains(" MB/s each way"), "\(run.json)")
    }

    @Test func command() async throws {
        let run = try await DoctorRun("command=env")
        run.expectWell(["process"] + shell)
        #expect(run.object("shell noise").hasPrefix(#"{"step":"shell noise","outcome":"ok","detail":"none""#))
        #expect(run.object("stage 0").contains(#""detail":"Linux "#), "\(run.json)")
        #expect(run.object("cache directories").contains(TestRun.cacheFolder), "\(run.json)")
        // The first run has planted it.
        #expect(run.text.contains(", from the cache"), "\(run.table)")
    }

    @Test func whatAShellPrintsUnaskedIsShown() async throws {
        let run = try await DoctorRun(#"command=sh -c "echo hello; exec \"\$@\"" -- env//python=python3"#)
        run.expectWell(["process"] + shell, skipped: ["cache directories"])
        #expect(run.object("shell noise").contains("6 bytes, skipped. It printed:\\n  hello"), "\(run.json)")
    }

    /// Anybody else than root would not be let into a directory of root's.
    @Test(.enabled(if: getuid() == 0)) func aDirectoryThatIsPassedOverIsNamed() async throws {
        let run = try await DoctorRun("command=env XDG_CACHE_HOME=/proc HOME=\(TestRun.cacheFolder)")
        run.expectWell(["process"] + shell)
        #expect(run.object("cache directories").contains("; refused: /proc/.execnet-0: it cannot be written"))
    }

    @Test func via() async throws {
        let run = try await DoctorRun("--via", "popen//id=a", "popen//via=a//python=python3")
        run.expectWell(["process"] + shell, skipped: ["cache directories"])
        #expect(run.object("process").contains("through a"), "\(run.json)")
    }

    @Test func socket() async throws {
        let plan = ProcessPlan(
            executable: ExecutablePath.built("execnet-socketserver"),
            arguments: ["execnet-socketserver", "--listen", "127.0.0.1:0", "--log-level", "error", "--grace", "0"]
        )
        let output = try DescriptorPair.pipe()
        let server = try plan.startForTest(output: output.second)
        output.second.close()
        let reader = try DescriptorReader(output.first, poller: try PollerThread.shared())
        let line = String(decoding: await reader.next() ?? [], as: UTF8.self)
        let run = try await DoctorRun("socket=\(line.split(whereSeparator: \.isWhitespace).last ?? "")")
        server.signal(SIGTERM)
        _ = await reader.next()
        run.expectWell(["connect"] + shell)
    }

    @Test func ssh() async throws {
        try await SSHServer.with { server in
            let file = server.folder + "/more_config"
            let lines =
                "ControlMaster auto\nMatch exec true\nCompression yes\nMatch all\nInclude \(server.configuration)\n"
            try writeFile(lines, to: file)
            let run = try await DoctorRun("ssh=host//config=\(file)")
            run.expectWell(DoctorRun.way + shell)
            let configuration = run.object("configuration")
            #expect(configuration.contains("\(file), \(server.configuration); ignored: controlmaster"), "\(run.json)")
            #expect(configuration.contains("; not evaluated: match exec (\(file):2)"), "\(run.json)")
            #expect(run.object("resolve").contains(#""detail":"127.0.0.1""#))
            #expect(run.object("connect").contains(#""detail":"127.0.0.1, port \#(server.port)""#))
            #expect(run.object("version").contains("OpenSSH_"))
            #expect(run.object("algorithms").contains("curve25519-sha256"))
            #expect(run.object("host key").contains("ssh-ed25519 SHA256:"))
            #expect(run.object("authentication").contains("\(server.user), by publickey ssh-ed25519 "))
            #expect(run.object("authentication").contains(": accepted"))
            #expect(run.object("transport").contains(#""detail":"libssh2 "#))
            #expect(run.object("cache directories").contains(server.home))
        }
    }

    @Test func sshThroughAnotherHost() async throws {
        try await SSHServer.with { server in
            let run = try await DoctorRun("ssh=inner//jump=gate//python=python3//config=\(server.configuration)")
            let login = ["version", "algorithms", "host key", "authentication"]
            let steps = ["configuration", "resolve", "connect"] + login + ["connect"] + login + ["transport"] + shell
            run.expectWell(steps, skipped: ["cache directories"])
            let logins = run.objects.filter { $0.hasPrefix(#"{"step":"authentication","#) }
            #expect(logins.map { $0.contains("\"gate: ") } == [true, false])
            #expect(logins.map { $0.contains("\"inner: ") } == [false, true])
            #expect(run.object("connect").contains("127.0.0.1:\(server.port) through gate"), "\(run.json)")
        }
    }

    @Test func sshByTheOpenSSHClientSaysWhy() async throws {
        try await SSHServer.with(.onlyGCM) { server in
            let run = try await DoctorRun("ssh=host//python=python3//config=\(server.configuration)")
            run.expectWell(
                DoctorRun.way + shell,
                skipped: ["algorithms", "host key", "authentication", "cache directories"]
            )
            #expect(run.object("transport").contains(#""detail":"the OpenSSH client, because "#), "\(run.json)")
            #expect(run.object("host key").contains(#""why":"left to the OpenSSH client, because "#), "\(run.json)")
        }
    }

    @Test func interruptLeavesNothingBehind() async throws {
        let run = try CommandRun(["doctor", "--json", "command=sh -c \"exec sleep 1000\""])
        // The process is there, and no shell.
        #expect(await run.nextOutput()?.hasPrefix(#"{"step":"process","outcome":"ok""#) == true)
        run.process.signal(SIGINT)
        #expect(await run.process.ended() == .exited(130))
    }
}
