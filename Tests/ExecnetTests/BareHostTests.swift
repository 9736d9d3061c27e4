//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetSystem
import ExecnetTestSupport
import Testing

/// A machine that has nothing but a static busybox: no /dev, no /proc, no HOME.
@Suite(.leavesNothingBehind, .enabled(if: FarSide.canChangeRoot, "Only root can change the root directory."))
struct BareHostTests {
    private func spec(_ root: String, _ variables: String..., agent: String? = nil) -> GatewaySpec {
        FarSide.spec(FarSide.homeless + variables + ["chroot", root], agent: agent)
    }

    @Test(.timeLimit(.minutes(2)))
    func theOwnImageRunsClosures() async throws {
        try await FarSide.withBareRoot { root in
            for round in 1...2 {
                try await withGateway(spec(root), configuration: .quiet) { gateway in
                    #expect(try await gateway.remoteCall(41) { $0 + 1 } == 42)
                    #expect(try await gateway.info().directory == "/", "round \(round)")
                    try await FarSide.expectWorks(gateway)
                }
            }
            FarSide.expectProperCache("\(root)/tmp")
            #expect(names(in: root) == ["bin", "tmp"])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func theStaticAgentWorks() async throws {
        try #require(ExecutablePath.isFile(FarSide.staticAgent), "`make agent` builds it")
        try await FarSide.withBareRoot { root in
            for _ in 1...2 { try await FarSide.expectWorks(spec(root, agent: FarSide.staticAgent), language: "swift") }
            #expect(names(in: "\(root)/tmp/\(FarSide.cacheName)").count == 1)
        }
    }

    /// Another shell than busybox's, without any printf.
    @Test(.timeLimit(.minutes(1)))
    func optionsAreHonouredByAnyShell() async throws {
        for shell in ["/bin/busybox", "/bin/mksh-static"] {
            try await FarSide.withBareRoot(shell: shell) { root in
                var spec = spec(root, "N=far", agent: FarSide.agent)
                spec.environment = ["A": "it's \"odd\"\n\\n ü", "c": "1", "w": "2"]
                spec.directory = "/made"
                try await withGateway(spec, configuration: .quiet) { gateway in
                    let channel = try await gateway.remoteExec(.shell("echo \"$A|$c|$w|$N|$(pwd)\""))
                    #expect(try await channel.receive(as: String.self) == "it's \"odd\"")
                    #expect(try await channel.receive(as: String.self) == "\\n ü|1|2|far|/made")
                }
            }
        }
    }

    /// Nothing shows which processes there are, but what the agent has started itself it knows. The suite's trait looks for what is left.
    @Test(.timeLimit(.minutes(1)))
    func whatProgramsStartedEndsWithTheGateway() async throws {
        try await FarSide.withBareRoot { root in
            let gateway = try await Gateway.open(spec(root, agent: FarSide.agent), configuration: .quiet)
            let script = "trap '' TERM; /bin/busybox sleep 1000 | { echo started; /bin/busybox sleep 1001; }"
            let channel = try await gateway.remoteExec(.shell(script))
            #expect(try await channel.receive(as: String.self) == "started")
            let stream = try await gateway.openStream(process: ["/bin/sh", "-c", script])
            #expect(try await stream.channel.receive(as: [UInt8].self) == Array("started\n".utf8))
            #expect(TestRun.processes.count >= 7)
            await gateway.close()
        }
    }

    /// libdispatch, which runs tasks elsewhere, cannot do without /proc: it ends the process at some time.
    @Test(.timeLimit(.minutes(2)))
    func tasksOfProgramsRunWithoutTheKernelsTables() async throws {
        try await FarSide.withBareRoot { root in
            try await withGateway(spec(root), configuration: .quiet) { gateway in
                let sum = try await gateway.remoteCall(3) { seconds in
                    let end = ContinuousClock.now + .seconds(seconds)
                    var count = 0
                    while ContinuousClock.now < end {
                        count += await withTaskGroup(of: Int.self) { group in
                            for _ in 0..<100 { group.addTask { await Task.detached { 1 }.value } }
                            return await group.reduce(0, +)
                        }
                        await Task.yield()
                    }
                    return count
                }
                #expect(sum > 0 && sum.isMultiple(of: 100))
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aDirectoryMayHaveBlanks() async throws {
        try await FarSide.withBareRoot { root in
            try #require(mkdir("\(root)/a  b", 0o700) == 0 && rmdir("\(root)/tmp") == 0)
            for _ in 1...2 { try await FarSide.expectWorks(spec(root, "TMPDIR=/a  b", agent: FarSide.agent)) }
            FarSide.expectProperCache("\(root)/a  b")
        }
    }

    /// Where nothing else can be written, the directory in which the command starts may do.
    @Test(.timeLimit(.minutes(1)))
    func theStartingDirectoryIsTheLastResort() async throws {
        try await FarSide.withBareRoot { root in
            try #require(rmdir("\(root)/tmp") == 0)
            try await FarSide.expectWorks(spec(root, agent: FarSide.agent))
            FarSide.expectProperCache(root)
        }
    }

    @Test(.timeLimit(.minutes(1)), .enabled(if: FarSide.canMount, "File systems cannot be mounted here."))
    func everyDirectoryIsNamedWithWhatIsWrongWithIt() async throws {
        try await FarSide.withBareRoot { root in
            for name in ["home", "dev", "dev/shm", "var", "var/tmp"] {
                try #require(mkdir("\(root)/\(name)", 0o700) == 0)
            }
            try #require(mkdir("\(root)/var/tmp/\(FarSide.cacheName)", 0o700) == 0)
            try #require(chown("\(root)/var/tmp/\(FarSide.cacheName)", 65_534, 65_534) == 0)
            try #require(symlink("/home", "\(root)/dev/shm/\(FarSide.cacheName)") == 0)
            let command = FarSide.mounting(
                "mount --bind \(root) \(root); mount -o remount,bind,ro \(root); mount -t tmpfs -o noexec none \(root)/tmp"
            )
            let words = command + FarSide.homeless + ["HOME=/home", "XDG_CACHE_HOME=/none", "chroot", root]
            let error = await expectGatewayError(.noWritableDirectory) {
                try await Gateway.open(FarSide.spec(words, agent: FarSide.agent), configuration: .quiet)
            }
            let name = FarSide.cacheName
            for part in [
                "/none/\(name): there is no such directory", "/home/.cache/\(name): there is no such directory",
                "/home/\(name): it cannot be written", "/var/tmp/\(name): it is not this user's own",
                "/tmp/\(name): nothing can be executed in it", "/dev/shm/\(name): it is not this user's own",
                "Read-only file system", "Permission denied", "no python3",
            ] { #expect(error?.message.contains(part) == true, "\(part) in \(error?.message ?? "")") }
        }
    }
}
