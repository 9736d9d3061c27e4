//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

@testable import ExecnetSocketServer

/// What the program makes of its options, and with which it does not start.
@Suite(.timeLimit(.minutes(1)), .leavesNothingBehind)
struct ServerProgramOptionsTests {
    // MARK: keys

    @Test(arguments: ["0.0.0.0:0", "[::]:0"]) func beyondThisMachineItTakesAKey(address: String) async throws {
        let text = await ServerProgram.complaints(["--listen", address])
        #expect(text.contains("can be reached from other machines") && text.contains("--key-file"))
        try await TestKey.one.withFile { path in
            try await ServerProgram.with(["--listen", address, "--key-file", path]) { _ = try await $0.address() }
        }
        try await ServerProgram.with(["--listen", address, "--insecure"]) { program in
            _ = try await program.address()
            program.process.signal(SIGTERM)
            #expect(await program.complaints().contains("EVERYBODY WHO REACHES THIS ADDRESS CAN RUN ANYTHING"))
        }
    }

    @Test(arguments: ["fifteen bytes !", String(repeating: "x", count: 257)])
    func aKeyHas16To256Bytes(key: String) async throws {
        try await TestFile.with(key + "\n") { path in
            let text = await ServerProgram.complaints(["--listen", "127.0.0.1:0", "--key-file", path])
            #expect(text.contains("must hold 16 to 256 bytes") && !text.contains(key))
        }
    }

    @Test func aKeyFileThatOthersReadIsComplainedAbout() async throws {
        try await TestFile.with(TestKey.one.rawValue, mode: 0o644) { path in
            try await ServerProgram.with(["--listen", "127.0.0.1:0", "--key-file", path]) { program in
                _ = try await program.address()
                program.process.signal(SIGTERM)
                let text = await program.complaints()
                #expect(text.contains("THE KEY FILE CAN BE READ BY OTHERS") && !text.contains(TestKey.one.rawValue))
            }
        }
    }

    // MARK: times

    @Test(arguments: [
        ["--grace", "1e30"], ["--grace", "nan"], ["--grace=-1"], ["--idle-timeout", "inf"], ["--idle-timeout", "0"],
    ])
    func timesAreSensible(arguments: [String]) async throws {
        let program = try ServerProgram(["--listen", "127.0.0.1:0"] + arguments)
        #expect(await program.complaints().contains("\(arguments[0].prefix { $0 != "=" }) takes"))
        #expect(await program.process.ended() == .exited(64))
    }

    // MARK: the user

    @Test(.enabled("only root can change to another user") { getuid() == 0 })
    func itBecomesTheUserThatItIsToldToBe() async throws {
        let path = TestFile.path("socket")
        defer { unlink(path) }
        // As sudo leaves it, which the processes must not see.
        let roots = ["SUDO_USER": "somebody", "XDG_RUNTIME_DIR": "/run/user/0", "MAIL": "/var/mail/root"]
        for (name, value) in roots { setenv(name, value, 1) }
        defer { for name in roots.keys { unsetenv(name) } }
        try await ServerProgram.with(["--listen", "127.0.0.1:0", "--listen", "unix:\(path)", "--user", "nobody"]) {
            program in
            let addresses = try await program.addresses(2)
            let nobody = try User(name: "nobody")
            try await TestClient.with(TestClient(addresses[0])) { client in
                await client.run(makeToken(), "id -u; id -g; id -G; echo $USER $LOGNAME $HOME")
                let groups = "\(nobody.gid)"
                #expect(
                    await client.rest() == "\(nobody.uid)\n\(nobody.gid)\n\(groups)\nnobody nobody \(nobody.home)\n"
                )
            }
            try await TestClient.with(TestClient(addresses[0])) { client in
                await client.run(
                    makeToken(),
                    "echo $PATH; env | grep -E '^(SUDO_|XDG_|MAIL)'; test -x $SHELL && echo shell"
                )
                #expect(await client.rest() == "/usr/local/bin:/usr/bin:/bin\nshell\n")
            }
            var information = stat()
            #expect(lstat(path, &information) == 0 && information.st_uid == nobody.uid)
        }
    }

    @Test func itDoesNotStartForAUserThatIsNotThere() async throws {
        let text = await ServerProgram.complaints(["--listen", "127.0.0.1:0", "--user", "no-such-user"])
        #expect(text.contains("There is no user"))
    }

    @Test(.enabled("root is needed to become somebody else first") { getuid() == 0 })
    func onlyRootCanChangeTheUser() async throws {
        let program = try ServerProgram(
            ProcessPlan(
                executable: python(),
                arguments: [
                    "python3", "-c",
                    "import os, sys; os.setgid(65534); os.setuid(65534); os.execv(sys.argv[1], sys.argv[1:])",
                    ExecutablePath.built("execnet-socketserver"), "--listen", "127.0.0.1:0", "--user", "root",
                ]
            )
        )
        let text = await program.complaints()
        // Where the build is not readable by others, that is all that can be seen.
        #expect(text.contains("Only root can change to the user") || text.contains("Permission denied"))
        _ = await program.process.ended()
    }

    // MARK: the log

    @Test(arguments: ["text", "json"]) func theLogTellsOfProcessesAndNotOfCommands(format: String) async throws {
        let arguments = ["--listen", "127.0.0.1:0", "--log-format", format, "--log-level", "trace"]
        try await ServerProgram.with(arguments) { program in
            let address = try await program.address()
            try await TestClient.with(TestClient(address)) { client in
                await client.run(makeToken(), "exit 7; echo secret")
                #expect(await client.rest() == "")
            }
            try await TestClient.with(TestClient(address)) { client in
                await client.send("secret\n")
                _ = await client.rest()
            }
            program.process.signal(SIGTERM)
            let log = await program.complaints()
            #expect(!log.contains("secret"))
            let lines = log.split(separator: "\n")
            for word in ["listening", "connected", "started", "ended", "refused", "stopping"] {
                let line = lines.first { $0.contains(format == "json" ? "\"message\":\"\(word)\"" : " \(word)") }
                #expect(line != nil, "\(word)")
            }
            #expect(log.contains(format == "json" ? "\"status\":\"exit status 7\"" : "status=\"exit status 7\""))
            if format == "json" { try await expectJSON(log) }
        }
    }

    private func expectJSON(_ log: String) async throws {
        try await TestFile.with(log) { path in
            let source = "import json, sys; [json.loads(line)['time'] for line in open(sys.argv[1])]"
            let process = try ProcessPlan(executable: python(), arguments: ["python3", "-c", source, path])
                .startForTest()
            #expect(await process.ended() == .exited(0))
        }
    }
}
