//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

@testable import ExecnetSocketServer

/// Where the program listens: addresses, files, descriptors that it is given.
@Suite(.timeLimit(.minutes(1)), .leavesNothingBehind)
struct ServerProgramListeningTests {
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
            let text = await ServerProgram.complaints(["--listen", "unix:\(path)"])
            #expect(text.contains("another server does already"))
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
        #expect(await ServerProgram.complaints(["--listen", "unix:\(path)"]).contains(reason))
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
            #expect(await ServerProgram.complaints(["--listen", "unix:\(path)"]).contains("is no socket"))
            #expect(SmallFile.read(path) == Array("text".utf8))
        }
    }

    @Test func anAddressInUseIsAClearError() async throws {
        try await ServerProgram.with(["--listen", "127.0.0.1:0"]) { program in
            let address = try await program.address()
            let text = await ServerProgram.complaints(["--listen", address])
            #expect(text.contains("Cannot listen on \(address): Address already in use."))
        }
    }

    // MARK: descriptors that it is given

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
        #expect(await ServerProgram.complaints(["--listen", "fd:\(number)"]).contains("fd:\(number) is no socket"))
    }

    // MARK: helpers

    private func expectWorks(_ address: String) async throws {
        try await TestClient.with(TestClient(address)) { client in
            await client.run(makeToken(), "echo works")
            #expect(await client.rest() == "works\n")
        }
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
