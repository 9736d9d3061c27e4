//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetCore
import ExecnetLaunchers
import ExecnetSystem
import ExecnetTestSupport
import Synchronization
import Testing

/// What planted agents delete in the directory that they were put into.
@Suite(.leavesNothingBehind)
struct AgentCacheTests {
    private static let day = 24 * 60 * 60

    /// A cache directory for the time of `body`.
    private func withCache<R>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: (String) async throws -> R
    ) async throws -> R {
        try await withTemporaryFolder { folder in
            let cache = "\(folder)/.execnet-\(geteuid())"
            try makeFolder(cache)
            return try await body(cache)
        }
    }

    private func hash(_ digit: String) -> String { String(repeating: digit, count: 32) }

    private func age(_ path: String, days: Int) throws {
        let time = timespec(tv_sec: time(nil) - days * Self.day - 60, tv_nsec: 0)
        guard utimensat(AT_FDCWD, path, [time, time], AT_SYMLINK_NOFOLLOW) == 0 else { throw NoFile(path: path) }
    }

    private func putFile(_ path: String, days: Int) throws {
        try writeFile([1], to: path)
        try age(path, days: days)
    }

    private func putImage(_ path: String, linksTo targets: [String], days: Int) throws {
        try makeFolder(path)
        for (index, target) in targets.enumerated() { try link(target, at: "\(path)/link\(index)") }
        try age(path, days: days)
    }

    private func daysSinceUse(_ path: String) -> Int {
        var information = stat()
        guard lstat(path, &information) == 0 else { return -1 }
        return (time(nil) - information.st_mtim.tv_sec) / Self.day
    }

    @Test(.timeLimit(.minutes(1)))
    func oldImagesGoButNotTheNewestThree() async throws {
        try await withCache { cache in
            for (digit, days) in [("a", 100), ("b", 90), ("c", 80), ("d", 70), ("e", 60), ("1", 29)] {
                try putFile("\(cache)/\(hash(digit))", days: days)
            }
            AgentCache(directory: cache, image: hash("a"))?.tidyUp()
            // The used one, the one of less than 30 days, and one more to make three.
            #expect(names(in: cache) == [hash("1"), hash("a"), hash("e")])
            #expect(daysSinceUse("\(cache)/\(hash("a"))") == 0)
            #expect(daysSinceUse("\(cache)/\(hash("e"))") == 60)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func imagesInUseAreNeverTooMany() async throws {
        try await withCache { cache in
            let digits = ["1", "2", "3", "4", "5", "6"]
            for digit in digits { try putFile("\(cache)/\(hash(digit))", days: 29) }
            AgentCache(directory: cache, image: hash("1"))?.tidyUp()
            #expect(names(in: cache) == digits.map(hash))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func librariesStayAsLongAsAnImageThatStaysNeedsThem() async throws {
        try await withCache { cache in
            let files = ["a", "b", "c", "d", "e"]
            for digit in files { try putFile("\(cache)/\(hash(digit))", days: 100) }
            try putImage("\(cache)/\(hash("1"))", linksTo: ["../\(hash("a"))", "../\(hash("b"))"], days: 100)
            try putImage("\(cache)/\(hash("2"))", linksTo: ["../\(hash("b"))", "../\(hash("c"))"], days: 90)
            try putImage("\(cache)/\(hash("3"))", linksTo: ["../\(hash("d"))"], days: 80)
            try putImage("\(cache)/\(hash("4"))", linksTo: ["../\(hash("e"))"], days: 70)
            AgentCache(directory: cache, image: hash("1"))?.tidyUp()
            // 1 is in use, 3 and 4 are newer than 2; b is needed by 1, c by nobody.
            #expect(names(in: cache) == ["1", "3", "4", "a", "b", "d", "e"].map(hash))
            for digit in ["1", "a", "b"] { #expect(daysSinceUse("\(cache)/\(hash(digit))") == 0) }
            for digit in ["d", "e"] { #expect(daysSinceUse("\(cache)/\(hash(digit))") == 100) }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func temporaryFilesGoAfterADay() async throws {
        try await withCache { cache in
            try putFile("\(cache)/\(hash("a"))", days: 0)
            for name in ["x.1", "\(hash("b")).tmp.77", "f.tmp.1.2"] {
                try putFile("\(cache)/\(name)", days: 2)
                try putFile("\(cache)/\(name).new", days: 0)
            }
            try putImage("\(cache)/\(hash("c")).tmp.1", linksTo: ["../\(hash("a"))"], days: 2)
            AgentCache(directory: cache, image: hash("a"))?.tidyUp()
            #expect(names(in: cache) == [hash("a"), "\(hash("b")).tmp.77.new", "f.tmp.1.2.new", "x.1.new"])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func nothingElseIsTouched() async throws {
        try await withCache { cache in
            let outside = "\(cache)-outside"
            try putImage(outside, linksTo: [], days: 100)
            try putFile("\(outside)/\(hash("9"))", days: 100)
            for digit in ["0", "1", "2"] { try putFile("\(cache)/\(hash(digit))", days: 0) }
            // Files of other names, links of our names, folders with foreign things in them.
            for name in ["notes", hash("A"), "\(hash("a"))b", "y.1", "x", "a.tmp", hash("g")] {
                try putFile("\(cache)/\(name)", days: 100)
            }
            for name in [hash("b"), "x.link", "a.tmp.link"] {
                try link(outside, at: "\(cache)/\(name)")
                try age("\(cache)/\(name)", days: 100)
            }
            try link("\(outside)/\(hash("9"))", at: "\(cache)/\(hash("c"))")
            try age("\(cache)/\(hash("c"))", days: 100)
            try putImage("\(cache)/\(hash("d"))", linksTo: ["../../\(hash("9"))"], days: 100)
            try putImage("\(cache)/\(hash("e"))", linksTo: ["/etc/passwd"], days: 100)
            try makeFolder("\(cache)/\(hash("f"))")
            try putFile("\(cache)/\(hash("f"))/file", days: 100)
            try age("\(cache)/\(hash("f"))", days: 100)
            try putImage("\(cache)/x.folder", linksTo: [outside], days: 100)
            if geteuid() == 0 {
                for name in [hash("8"), "x.stranger"] {
                    try putFile("\(cache)/\(name)", days: 100)
                    try #require(chown("\(cache)/\(name)", 1, 1) == 0)
                }
            }

            let before = names(in: cache)
            AgentCache(directory: cache, image: hash("0"))?.tidyUp()
            #expect(names(in: cache) == before)
            #expect(names(in: outside) == [hash("9")])
            #expect(names(in: "\(cache)/x.folder") == ["link0"])
            #expect(daysSinceUse("\(outside)/\(hash("9"))") == 100)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func onlyADirectoryOfOursIsTidied() async throws {
        try await withCache { cache in
            for digit in ["a", "b", "c", "d", "e"] { try putFile("\(cache)/\(hash(digit))", days: 100) }
            let before = names(in: cache)
            // A link to it, a directory of another name, one that others may write to, an image that is not there.
            let folder = "\(cache)-others"
            try makeFolder(folder)
            let other = "\(folder)/.execnet-\(geteuid())"
            try link(cache, at: other)
            AgentCache(directory: other, image: hash("a"))?.tidyUp()
            #expect(AgentCache(directory: folder, image: hash("a")) == nil)
            #expect(AgentCache(directory: cache, image: "../\(hash("a"))") == nil)
            try #require(chmod(cache, 0o770) == 0)
            AgentCache(directory: cache, image: hash("a"))?.tidyUp()
            try #require(chmod(cache, 0o700) == 0)
            AgentCache(directory: cache, image: hash("0"))?.tidyUp()
            #expect(names(in: cache) == before)
            #expect(daysSinceUse("\(cache)/\(hash("a"))") == 100)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func manyMayTidyAtOnce() async throws {
        try await withCache { cache in
            var used: [String] = []
            for number in 0..<200 {
                let image = String(number + 0x1000, radix: 16).padded
                let file = String(number + 0x2000, radix: 16).padded
                let days = number < 8 ? 20 : 100
                try putFile("\(cache)/\(file)", days: days)
                try putImage("\(cache)/\(image)", linksTo: ["../\(file)"], days: days)
                if number < 8 { used += [image, file] }
            }
            let images = used.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
            await withTaskGroup(of: Void.self) { group in
                for image in images { group.addTask { AgentCache(directory: cache, image: image)?.tidyUp() } }
            }
            #expect(names(in: cache) == used.sorted())
            for name in used { #expect(daysSinceUse("\(cache)/\(name)") == 0) }
        }
    }

    /// The whole of it: an agent that is told where it was planted.
    @Test(.timeLimit(.minutes(1)))
    func aPlantedAgentTidiesUpAndTellsNobodyWhereItLies() async throws {
        try await withCache { cache in
            for (digit, days) in [("a", 100), ("b", 90), ("c", 80), ("d", 70), ("e", 60)] {
                try putFile("\(cache)/\(hash(digit))", days: days)
            }
            var spec = try GatewaySpec("popen")
            spec.environment = [
                "EXECNET_CACHE": cache, "EXECNET_CACHE_IMAGE": hash("a"), "EXECNET_SELFTEST_FILE": "/none",
            ]
            var configuration = GatewayConfiguration()
            configuration.output = .discard
            try await withGateway(spec, configuration: configuration) { gateway in
                let lines = try await gateway.remoteExec(.shell("env"))
                var names: [String] = []
                for try await line in lines.items(as: String.self) { names.append(String(line.prefix { $0 != "=" })) }
                #expect(names.contains(TestRun.variable))
                let ours = ["EXECNET_CACHE", "EXECNET_CACHE_IMAGE", "EXECNET_SELFTEST", "EXECNET_SELFTEST_FILE"]
                #expect(names.filter(ours.contains) == [])
                while exists("\(cache)/\(hash("b"))") || exists("\(cache)/\(hash("c"))") {
                    try Task.checkCancellation()
                    await Task.yield()
                }
            }
            #expect(names(in: cache) == [hash("a"), hash("d"), hash("e")])
        }
    }
}

extension String {
    /// As a hash.
    fileprivate var padded: String { String(repeating: "0", count: 32 - count) + self }
}
