//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetSystem
import ExecnetTestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Machines on which some thing is missing or not as usual.
@Suite(.leavesNothingBehind)
struct OddHostTests {
    private let name = FarSide.cacheName

    // MARK: directories

    @Test(.timeLimit(.minutes(1)), .enabled(if: FarSide.canMount, "File systems cannot be mounted here."))
    func whereNoAgentCanBeKeptThePythonAgentDoes() async throws {
        let script = "for d in /tmp /var/tmp /dev/shm; do mount -t tmpfs -o noexec none $d; done; cd /proc"
        let command = FarSide.mounting(script) + FarSide.homeless
        try await FarSide.expectWorks(FarSide.spec(command, agent: FarSide.agent), language: "python")
    }

    @Test(.timeLimit(.minutes(1)), .enabled(if: FarSide.canMount, "File systems cannot be mounted here."))
    func aFullDiskLeadsToTheNextDirectory() async throws {
        try await withTemporaryFolder { folder in
            for part in ["small", "home"] { try #require(mkdir("\(folder)/\(part)", 0o700) == 0) }
            let command =
                FarSide.mounting("mount -t tmpfs -o size=1m none \(folder)/small")
                + ["env", "XDG_CACHE_HOME=\(folder)/small", "HOME=\(folder)/home"]
            for _ in 1...2 {
                try await FarSide.expectWorks(FarSide.spec(command, agent: FarSide.agent), language: "swift")
            }
            FarSide.expectProperCache("\(folder)/home")
            // Without gzip it is another program that fails.
            try await FarSide.withTools(fakes: ["gzip": "exit 1"]) { tools in
                try #require(mkdir("\(folder)/raw", 0o700) == 0)
                let words = command + ["PATH=\(tools)", "HOME=\(folder)/raw"]
                try await FarSide.expectWorks(FarSide.spec(words, agent: FarSide.agent), language: "swift")
                FarSide.expectProperCache("\(folder)/raw")
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), .enabled(if: FarSide.canMount, "File systems cannot be mounted here."))
    func aHomeThatCannotBeWrittenIsPassedOver() async throws {
        try await withTemporaryFolder { folder in
            for part in ["home", "home/.cache", "other"] { try #require(mkdir("\(folder)/\(part)", 0o700) == 0) }
            let command =
                FarSide.mounting(
                    "mount --bind \(folder)/home \(folder)/home; mount -o remount,bind,ro \(folder)/home; "
                        + "mount --bind \(folder)/other /var/tmp"
                ) + FarSide.homeless + ["HOME=\(folder)/home"]
            try await FarSide.expectWorks(FarSide.spec(command, agent: FarSide.agent), language: "swift")
            FarSide.expectProperCache("\(folder)/other")
        }
    }

    /// Others can write in such directories, and may have put something there.
    @Test(.timeLimit(.minutes(1)), arguments: ["link", "foreign", "file", "dangling"])
    func whatIsPlantedAtTheCachesNameIsNotUsed(what: String) async throws {
        try await withTemporaryFolder { folder in
            for part in ["open", "open/elsewhere", "home"] { try #require(mkdir("\(folder)/\(part)", 0o700) == 0) }
            let place = "\(folder)/open/\(name)"
            switch what {
            case "link": try #require(symlink("elsewhere", place) == 0)
            case "dangling": try #require(symlink("nowhere", place) == 0)
            case "file": try writeFile("", to: place)
            default: try #require(mkdir(place, 0o777) == 0 && chown(place, 65_534, 65_534) == 0)
            }
            let command = ["env", "XDG_CACHE_HOME=\(folder)/open", "HOME=\(folder)/home"]
            for _ in 1...2 {
                try await FarSide.expectWorks(FarSide.spec(command, agent: FarSide.agent), language: "swift")
            }
            FarSide.expectProperCache("\(folder)/home")
            #expect(names(in: place).isEmpty)
            #expect(names(in: "\(folder)/open/elsewhere").isEmpty)
        }
    }

    /// Whoever may rename the directory could put another in its place, between the look at it and the start.
    @Test(.timeLimit(.minutes(1)))
    func aPlaceOfSomebodyElseIsPassedOver() async throws {
        try await withTemporaryFolder { folder in
            for part in ["theirs", "home"] { try makeFolder("\(folder)/\(part)") }
            try #require(chown("\(folder)/theirs", 65_534, 65_534) == 0)
            let command = ["env", "XDG_CACHE_HOME=\(folder)/theirs", "HOME=\(folder)/home"]
            try await FarSide.expectWorks(FarSide.spec(command, agent: FarSide.agent), language: "swift")
            FarSide.expectProperCache("\(folder)/home")
            #expect(names(in: "\(folder)/theirs").isEmpty)
        }
    }

    @Test(.enabled(if: FarSide.canChangeRoot), .timeLimit(.minutes(1)))
    func aPlaceOfSomebodyElseIsBetterThanNone() async throws {
        try await FarSide.withBareRoot { root in
            try #require(chown("\(root)/tmp", 65_534, 65_534) == 0 && chmod("\(root)/tmp", 0o777) == 0)
            let command = FarSide.homeless + ["chroot", "--userspec=1000:1000", root]
            for part in ["", "/bin", "/bin/busybox"] { try #require(chmod(root + part, 0o755) == 0) }
            try await FarSide.expectWorks(FarSide.spec(command, agent: FarSide.agent), language: "swift")
            #expect(names(in: "\(root)/tmp") == [".execnet-1000"])
        }
    }

    /// Somebody put a file there while the directory had too many rights.
    @Test(.timeLimit(.minutes(1)), arguments: ["agent", "loader"])
    func filesOfSomebodyElseAreNotExecuted(part: String) async throws {
        try await withTemporaryFolder { folder in
            let spec = FarSide.spec(["env", "XDG_CACHE_HOME=\(folder)"], agent: FarSide.agent)
            try await FarSide.expectWorks(spec, language: "swift")
            let cache = "\(folder)/\(name)"
            let image = try #require(names(in: cache).first { ExecutablePath.isFolder("\(cache)/\($0)") })
            let resolved = try #require(realpath("\(cache)/\(image)/\(part)", nil))
            defer { free(resolved) }
            let file = String(cString: resolved)
            try writeFile("#!/bin/sh\necho > \(folder)/executed\necho ok\n", to: file, mode: 0o755)
            try #require(chown(file, 65_534, 65_534) == 0 && chmod(cache, 0o777) == 0)
            for _ in 1...2 { try await FarSide.expectWorks(spec, language: "swift") }
            #expect(!ExecutablePath.isFile("\(folder)/executed"))
            var information = stat()
            #expect(stat(cache, &information) == 0 && information.st_mode & 0o777 == 0o700)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aCacheOfTooManyRightsGetsNoMore() async throws {
        try await withTemporaryFolder { folder in
            let command = FarSide.after("umask 0777") + ["env", "XDG_CACHE_HOME=\(folder)"]
            for _ in 1...2 {
                try await FarSide.expectWorks(FarSide.spec(command, agent: FarSide.agent), language: "swift")
            }
            FarSide.expectProperCache(folder)
            var information = stat()
            #expect(stat("\(folder)/\(name)", &information) == 0)
            #expect(information.st_mode & 0o777 == 0o700)
        }
    }

    // MARK: tools

    @Test(
        .timeLimit(.minutes(2)),
        arguments: [
            ["gzip": "exit 1"], ["head": "exec /bin/busybox head \"$@\""], ["getconf": "exit 1"], ["touch": "exit 1"],
        ]
    )
    func toolsMayBeMissing(fakes: [String: String]) async throws {
        try await withTemporaryFolder { folder in
            try await FarSide.withTools(fakes: fakes) { tools in
                let command = ["env", "PATH=\(tools)", "XDG_CACHE_HOME=\(folder)"]
                for _ in 1...2 {
                    try await FarSide.expectWorks(FarSide.spec(command, agent: FarSide.agent), language: "swift")
                }
                FarSide.expectProperCache(folder)
            }
        }
    }

    /// Byte by byte: with a small image, which is whole there if it says what only it says.
    @Test(.timeLimit(.minutes(1)), arguments: ["exit 0", "exit 1"])
    func headMayBeOfNoUse(gzip: String) async throws {
        try await withTemporaryFolder { folder in
            let fakes = ["head": "exit 1"].merging(gzip == "exit 1" ? ["gzip": gzip] : [:]) { $1 }
            try await FarSide.withTools(except: ["python3"], fakes: fakes) { tools in
                let command = ["env", "PATH=\(tools)", "XDG_CACHE_HOME=\(folder)"]
                let error = await expectGatewayError(.agentCannotRun) {
                    try await Gateway.open(FarSide.spec(command, agent: "/bin/busybox"), configuration: .quiet)
                }
                #expect(error?.message.contains("applet not found") == true)
            }
        }
    }

    // MARK: machines

    private let alpha = ["uname": "case $1 in -s) echo Linux;; *) echo alpha;; esac"]

    @Test(.timeLimit(.minutes(1)))
    func aForeignMachineGetsThePythonAgent() async throws {
        try await FarSide.withTools(fakes: alpha) { tools in
            // A cached image would be started without a question.
            let command = ["env", "PATH=\(tools)", "XDG_CACHE_HOME=\(tools)"]
            try await FarSide.expectWorks(FarSide.spec(command, agent: FarSide.agent), language: "python")
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aForeignMachineWithoutPythonIsToldApart() async throws {
        try await FarSide.withTools(except: ["python3"], fakes: alpha) { tools in
            let command = ["env", "PATH=\(tools)", "XDG_CACHE_HOME=\(tools)"]
            let error = await expectGatewayError(.noPython) {
                try await Gateway.open(FarSide.spec(command, agent: FarSide.agent), configuration: .quiet)
            }
            #expect(error?.message.contains("Linux alpha") == true)
            #expect(error?.message.contains("\(FarSide.agent): is built for linux-") == true)
            #expect(names(in: "\(tools)/\(name)").isEmpty)
        }
    }

    // MARK: images

    /// The header is right, what follows is not.
    private func withCorruptAgent<R>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: (String) async throws -> R
    ) async throws -> R {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/execnet-agent"
            try copyFile("/bin/busybox", to: path)
            let file = try #require(fopen(path, "r+"))
            // The code begins here.
            fseek(file, 4_096, SEEK_SET)
            for _ in 0..<1_000_000 { fputc(0xff, file) }
            try #require(fclose(file) == 0)
            return try await body(path)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func anImageThatCannotRunIsPassedOver() async throws {
        try await withCorruptAgent { agent in
            try await withTemporaryFolder { folder in
                try await FarSide.withTools { tools in
                    let command = ["env", "PATH=\(tools)", "XDG_CACHE_HOME=\(folder)"]
                    try await FarSide.expectWorks(FarSide.spec(command, agent: agent), language: "python")
                    #expect(names(in: "\(folder)/\(name)").isEmpty)
                }
                try await FarSide.withTools(except: ["python3"]) { tools in
                    let command = ["env", "PATH=\(tools)", "XDG_CACHE_HOME=\(folder)"]
                    let error = await expectGatewayError(.agentCannotRun) {
                        try await Gateway.open(FarSide.spec(command, agent: agent), configuration: .quiet)
                    }
                    #expect(error?.message.contains("\(agent) does not run in \(folder)/\(name): ") == true)
                    #expect(names(in: "\(folder)/\(name)").isEmpty)
                }
            }
        }
    }

    /// Nobody asks for it, so it must come to light by itself.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: ["empty", "text", "noise", "unset", "loader", "empty loader", "text loader"]
    )
    func aDamagedCacheIsReplaced(damage: String) async throws {
        try await withTemporaryFolder { folder in
            let spec = FarSide.spec(["env", "XDG_CACHE_HOME=\(folder)"], agent: FarSide.agent)
            try await FarSide.expectWorks(spec, language: "swift")
            let cache = "\(folder)/\(name)"
            let before = names(in: cache)
            let image = try #require(before.first { ExecutablePath.isFolder("\(cache)/\($0)") })
            let link = "\(cache)/\(image)/" + (damage.hasSuffix("loader") ? "loader" : "agent")
            let resolved = try #require(realpath(link, nil))
            defer { free(resolved) }
            let file = String(cString: resolved)
            switch damage {
            case "empty", "empty loader": try writeFile("", to: file, mode: 0o700)
            case "text", "text loader": try writeFile("exit 0\n", to: file, mode: 0o700)
            case "unset": try #require(chmod(file, 0) == 0)
            case "loader": try #require(unlink(link) == 0)
            default:
                let stream = try #require(fopen(file, "r+"))
                fseek(stream, 64, SEEK_SET)
                for _ in 0..<100_000 { fputc(0xa5, stream) }
                try #require(fclose(stream) == 0)
            }
            try await FarSide.expectWorks(spec, language: "swift")
            #expect(names(in: cache) == before)
            // For good.
            try await FarSide.expectWorks(spec, language: "swift")
        }
    }
}
