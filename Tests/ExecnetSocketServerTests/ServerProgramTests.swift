//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTLS
import ExecnetTestSupport
import Testing

@testable import ExecnetSocketServer

/// The program from outside: where it listens, what it refuses, how it ends.
@Suite(.timeLimit(.minutes(1)), .leavesNothingBehind)
struct ServerProgramTests {
    // MARK: listening

    @Test func itSaysEveryAddressOnWhichItListens() async throws {
        let path = TestFile.path("socket")
        let arguments = ["--listen", "127.0.0.1:0", "--listen", "[::1]:0", "--listen", "unix:\(path)"]
        try await ServerProgram.with(arguments) { program in
            let addresses = try await program.addresses(3)
            #expect(addresses[0].hasPrefix("127.0.0.1:"))
            #expect(addresses[1].hasPrefix("[::1]:"))
            #expect(addresses[2] == "unix:\(path)")
            for address in addresses { try await expectWorks(address) }
            program.process.signal(SIGTERM)
            #expect(await program.process.ended() == .exited(0))
            #expect(access(path, F_OK) != 0)
        }
    }

    @Test func aUnixSocketIsItsOwnersOnly() async throws {
        let path = TestFile.path("socket")
        defer { unlink(path) }
        try await ServerProgram.with(["--listen", "unix:\(path)"]) { program in
            _ = try await program.address()
            var information = stat()
            #expect(lstat(path, &information) == 0 && information.st_mode & 0o777 == 0o600)
        }
    }

    @Test func aStaleUnixSocketIsReplacedAndALiveOneIsNot() async throws {
        let path = TestFile.path("socket")
        defer { unlink(path) }
        // Killed, a server leaves its socket behind.
        try await ServerProgram.with(["--listen", "unix:\(path)"]) { _ = try await $0.address() }
        #expect(access(path, F_OK) == 0)
        try await ServerProgram.with(["--listen", "unix:\(path)"]) { program in
            let address = try await program.address()
            #expect(await complaints(["--listen", "unix:\(path)"]).contains("another server does already"))
            try await expectWorks(address)
        }
    }

    @Test func aSocketThatTellsNothingStays() async throws {
        let path = TestFile.path("socket")
        defer { unlink(path) }
        // One for datagrams, to which nobody connects in this way.
        let socket = Descriptor(owning: socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0))
        #expect(SystemAddress(unix: path).withPointer { bind(socket.value, $0, $1) } == 0)
        let reason = String(cString: strerror(EPROTOTYPE))
        #expect(await complaints(["--listen", "unix:\(path)"]).contains(reason))
        #expect(access(path, F_OK) == 0)
    }

    @Test func allAddressesOfBothKindsMayBeListenedOnByThemselves() async throws {
        let port = try await ServerProgram.with(["--listen", "127.0.0.1:0"]) { program in
            try #require(await program.address().split(separator: ":").last)
        }
        for hosts in [["0.0.0.0", "[::]"], ["[::]", "0.0.0.0"]] {
            let arguments = hosts.flatMap { ["--listen", "\($0):\(port)"] }
            try await ServerProgram.with(arguments + ["--insecure"]) { program in
                _ = try await program.addresses(2)
                for host in ["127.0.0.1", "[::1]"] { try await expectWorks("\(host):\(port)") }
            }
        }
    }

    @Test func aFileThatIsNoSocketStays() async throws {
        try await TestFile.with("text") { path in
            #expect(await complaints(["--listen", "unix:\(path)"]).contains("is no socket"))
            #expect(SmallFile.read(path) == Array("text".utf8))
        }
    }

    /// systemd's way: descriptor 3 listens, and the environment says for whom it is. The shell's exec keeps the pid.
    @Test(arguments: [true, false]) func aListeningDescriptorIsTakenOver(bySystemd: Bool) async throws {
        let program = try inheriting(
            "\(bySystemd ? "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1');" : "")",
            ["--listen", "fd:3", "--once"]
        )
        let address = try await program.address()
        #expect(address.hasPrefix("127.0.0.1:"))
        try await TestClient.with(TestClient(address)) { client in
            let token = makeToken()
            await client.run(token, "echo ${LISTEN_FDS-none}")
            #expect(await client.rest() == "none\n")
            try await TestClient.with(TestClient(address)) { errors in
                await errors.attach(token)
                #expect(await errors.rest() == "\n\(token) ended exit 0\n")
            }
        }
        #expect(await program.process.ended() == .exited(0))
    }

    @Test func aDescriptorThatSystemdDidNotPassIsRefused() async throws {
        let program = try inheriting(
            "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1');",
            ["--listen", "fd:4"]
        )
        #expect(await program.complaints().contains("fd:4 was not passed by systemd"))
        #expect(await program.process.ended() == .exited(1))
    }

    @Test func aDescriptorBeyondLoopbackIsRefusedToo() async throws {
        let program = try inheriting("", ["--listen", "fd:3"], host: "0.0.0.0")
        #expect(await program.complaints().contains("can be reached from other machines"))
        #expect(await program.process.ended() == .exited(1))
    }

    @Test(arguments: ["0", "1"]) func aDescriptorThatDoesNotListenIsRefused(number: String) async throws {
        #expect(await complaints(["--listen", "fd:\(number)"]).contains("fd:\(number) is no socket"))
    }

    // MARK: what it does not start with

    @Test(arguments: ["0.0.0.0:0", "[::]:0"]) func beyondThisMachineItTakesAKey(address: String) async throws {
        let text = await complaints(["--listen", address])
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
            let text = await complaints(["--listen", "127.0.0.1:0", "--key-file", path])
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

    @Test func anAddressInUseIsAClearError() async throws {
        try await ServerProgram.with(["--listen", "127.0.0.1:0"]) { program in
            let address = try await program.address()
            #expect(
                await complaints(["--listen", address]).contains("Cannot listen on \(address): Address already in use.")
            )
        }
    }

    @Test(arguments: [
        ["--grace", "1e30"], ["--grace", "nan"], ["--grace=-1"], ["--idle-timeout", "inf"], ["--idle-timeout", "0"],
    ])
    func timesAreSensible(arguments: [String]) async throws {
        let program = try ServerProgram(["--listen", "127.0.0.1:0"] + arguments)
        #expect(await program.complaints().contains("\(arguments[0].prefix { $0 != "=" }) takes"))
        #expect(await program.process.ended() == .exited(64))
    }

    // MARK: descriptors

    @Test func itHasAsManyDescriptorsAsItMayAndItsProcessesTheUsual() async throws {
        let program = try limited("ulimit -Sn 64", ["--listen", "127.0.0.1:0"])
        let address = try await program.address()
        try await TestClient.with(TestClient(address)) { client in
            await client.run(makeToken(), "ulimit -Sn; ulimit -Hn")
            let limits = await client.rest().split(separator: "\n")
            #expect(limits.count == 2 && limits[0] == "64")
            let own = String(decoding: SmallFile.read("/proc/\(program.process.pid)/limits") ?? [], as: UTF8.self)
            let line = own.split(separator: "\n").first { $0.hasPrefix("Max open files") }
            #expect(line?.split(separator: " ")[3] == limits[1])
        }
        program.process.signal(SIGKILL)
        _ = await program.process.ended()
    }

    @Test func withoutDescriptorsItGoesOn() async throws {
        try await TestKey.one.withFile { path in
            let program = try limited("ulimit -n 40", ["--listen", "127.0.0.1:0", "--key-file", path])
            let address = try await program.address()
            var halfOpen: [Descriptor] = []
            for _ in 0..<100 {
                let socket = try TestClient.connect(address)
                // As TLS begins.
                _ = [22, 3, 1].withUnsafeBytes { socket.write($0) }
                halfOpen.append(socket)
            }
            // The oldest had to make room.
            var byte: UInt8 = 0
            try await until { withUnsafeMutableBytes(of: &byte) { halfOpen[0].receive(into: $0) } != .wouldBlock }
            for socket in halfOpen { socket.close() }
            try await TestClient.with(Transport.key.connect(to: address)) { client in
                await client.run(makeToken(), "echo works")
                #expect(await client.rest() == "works\n")
            }
            program.process.signal(SIGKILL)
            _ = await program.process.ended()
        }
    }

    // MARK: how it ends

    @Test func servingOnceItEndsAfterOneProcess() async throws {
        try await ServerProgram.with(["--listen", "127.0.0.1:0", "--once"]) { program in
            let address = try await program.address()
            let token = makeToken()
            try await TestClient.with(TestClient(address)) { client in
                await client.run(token, "echo ready; read line")
                #expect(await client.hear("\n") == "ready\n")
                try await TestClient.with(TestClient(address)) { other in
                    await other.run(makeToken(), "true")
                    #expect(await other.rest().hasPrefix("execnet-socketserver: full: "))
                }
                try await TestClient.with(TestClient(address)) { errors in
                    await errors.attach(token)
                    await client.send("\n")
                    #expect(await errors.rest() == "\n\(token) ended exit 0\n")
                }
            }
            #expect(await program.process.ended() == .exited(0))
        }
    }

    @Test func idleItEnds() async throws {
        try await ServerProgram.with(["--listen", "127.0.0.1:0", "--idle-timeout", "0.5"]) { program in
            let address = try await program.address()
            let start = MonotonicTime.now
            try await TestClient.with(TestClient(address)) { client in
                await client.run(makeToken(), "sleep 1; echo done")
                // A connection that lasts longer than the time is no idleness.
                #expect(await client.rest() == "done\n")
            }
            #expect(await program.process.ended() == .exited(0))
            #expect(start.until(.now) >= .milliseconds(1_500))
        }
    }

    @Test func aSignalEndsItWhenNothingRuns() async throws {
        for signal in [SIGTERM, SIGINT] {
            try await ServerProgram.with(["--listen", "127.0.0.1:0"]) { program in
                _ = try await program.address()
                program.process.signal(signal)
                #expect(await program.process.ended() == .exited(0))
            }
        }
    }

    @Test func stoppedItLetsWhatRunsComeToItsEnd() async throws {
        try await ServerProgram.with(["--listen", "127.0.0.1:0", "--grace", "600"]) { program in
            let address = try await program.address()
            try await TestClient.with(TestClient(address)) { client in
                await client.run(makeToken(), "echo ready; read line; echo $line")
                #expect(await client.hear("\n") == "ready\n")
                program.process.signal(SIGTERM)
                try await until { (try? TestClient.connect(address)) == nil }
                await client.send("went on\n")
                #expect(await client.rest() == "went on\n")
            }
            #expect(await program.process.ended() == .exited(0))
        }
    }

    @Test func stoppedItEndsWhatGoesOnLongerThanItMay() async throws {
        try await ServerProgram.with(["--listen", "127.0.0.1:0", "--grace", "0.1"]) { program in
            let address = try await program.address()
            try await TestClient.with(TestClient(address)) { client in
                await client.run(
                    makeToken(),
                    "trap 'echo asked to; exit' TERM; echo ready; while :; do sleep 0.1; done"
                )
                #expect(await client.hear("\n") == "ready\n")
                program.process.signal(SIGTERM)
                #expect(await client.rest() == "asked to\n")
            }
            #expect(await program.process.ended() == .exited(0))
        }
    }

    @Test func stoppedTwiceItEndsEverythingAtOnce() async throws {
        try await ServerProgram.with(["--listen", "127.0.0.1:0", "--grace", "600"]) { program in
            let address = try await program.address()
            try await TestClient.with(TestClient(address)) { client in
                await client.run(makeToken(), "trap '' TERM; echo $$; while :; do sleep 1000; done")
                let pid = try #require(await Int32(client.hear("\n").dropLast()))
                program.process.signal(SIGTERM)
                try await until { (try? TestClient.connect(address)) == nil }
                program.process.signal(SIGTERM)
                #expect(await client.rest() == "")
                try await until { !exists(pid) }
            }
            #expect(await program.process.ended() == .exited(0))
        }
    }

    @Test func killedItLeavesPlainConnectionsToTheirProcesses() async throws {
        try await ServerProgram.with(["--listen", "127.0.0.1:0"]) { program in
            let address = try await program.address()
            let client = try TestClient(address)
            await client.run(makeToken(), "echo $$; exec cat")
            let pid = try #require(await Int32(client.hear("\n").dropLast()))
            program.process.signal(SIGKILL)
            _ = await program.process.ended()
            await client.send("goes on\n")
            #expect(await client.hear("\n") == "goes on\n")
            await client.vanish()
            try await until { !exists(pid) }
        }
    }

    @Test func killedItEndsConnectionsOfTLS() async throws {
        try await TestKey.one.withFile { path in
            try await ServerProgram.with(["--listen", "127.0.0.1:0", "--key-file", path]) { program in
                let client = try await Transport.key.connect(to: program.address())
                await client.run(makeToken(), "echo $$; exec cat")
                let pid = try #require(await Int32(client.hear("\n").dropLast()))
                program.process.signal(SIGKILL)
                #expect(await client.rest() == "")
                try await until { !exists(pid) }
                await client.close()
            }
        }
    }

    @Test func aKilledClientsProcessEndsAndOthersDoNot() async throws {
        try await ServerProgram.with(["--listen", "127.0.0.1:0"]) { program in
            let address = try await program.address()
            try await TestClient.with(TestClient(address)) { other in
                await other.run(makeToken(), "echo ready; exec cat")
                #expect(await other.hear("\n") == "ready\n")
                let output = try DescriptorPair.pipe()
                let source = """
                    import socket, sys
                    host, port = sys.argv[1].rsplit(":", 1)
                    s = socket.create_connection((host, int(port)))
                    s.sendall(b"execnet 1 run \(makeToken()) echo $$; exec cat\\n")
                    print(s.recv(100).decode(), end="", flush=True)
                    s.recv(1)
                    """
                let client = try ProcessPlan(executable: python(), arguments: ["python3", "-c", source, address])
                    .startForTest(output: output.second)
                output.second.close()
                let reader = try DescriptorReader(output.first, poller: PollerThread.shared())
                let text = String(decoding: try #require(await reader.next()), as: UTF8.self)
                let pid = try #require(Int32(text.dropLast()))
                #expect(exists(pid))
                client.signal(SIGKILL)
                _ = await client.ended()
                try await until { !exists(pid) }
                await other.send("here\n")
                #expect(await other.hear("\n") == "here\n")
            }
        }
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
        #expect(await complaints(["--listen", "127.0.0.1:0", "--user", "no-such-user"]).contains("There is no user"))
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

    // MARK: helpers

    private func expectWorks(_ address: String) async throws {
        try await TestClient.with(TestClient(address)) { client in
            await client.run(makeToken(), "echo works")
            #expect(await client.rest() == "works\n")
        }
    }

    /// What it says when it does not start.
    private func complaints(_ arguments: [String]) async -> String {
        do {
            let program = try ServerProgram(arguments)
            let text = await program.complaints()
            #expect(await program.process.ended() == .exited(1))
            return text
        } catch {
            return "\(error)"
        }
    }

    private func python() throws -> String { try #require(ExecutablePath.find("python3")) }

    /// A server that was started by a shell, after a command.
    private func limited(_ command: String, _ arguments: [String]) throws -> ServerProgram {
        let path = ExecutablePath.built("execnet-socketserver")
        return try ServerProgram(
            ProcessPlan(
                executable: "/bin/sh",
                arguments: ["sh", "-c", "\(command); exec \"$0\" \"$@\"", path] + arguments
            )
        )
    }

    /// A server that was given a listening socket as descriptor 3.
    private func inheriting(_ setting: String, _ arguments: [String], host: String = "127.0.0.1") throws
        -> ServerProgram
    {
        let source = """
            import os, socket, sys
            s = socket.socket()
            s.bind(("\(host)", 0))
            s.listen()
            os.dup2(s.fileno(), 3)
            os.set_inheritable(3, True)
            \(setting)
            os.execv(sys.argv[1], sys.argv[1:])
            """
        let path = ExecutablePath.built("execnet-socketserver")
        return try ServerProgram(
            ProcessPlan(executable: python(), arguments: ["python3", "-c", source, path] + arguments)
        )
    }
}
