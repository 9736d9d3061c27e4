//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

@testable import ExecnetSSH

struct KnownHostsTests {
    @Test func aKeyMatchesOrIsUnknownOrHasChanged() throws {
        let (one, two) = try (TestKey.ed25519(1), TestKey.ed25519(2))
        let known = knownHosts("# my hosts\na,b \(one.text)\nc \(TestKey.rsaText)\nc \(try TestKey.ecdsa(1).text)\n")
        #expect(known.lookup(HostName("a"), one) == .match)
        #expect(known.lookup(HostName("B"), one) == .match)
        #expect(known.lookup(HostName("a"), two) == .changed(file: "file", line: 2, recorded: one))
        #expect(known.lookup(HostName("d"), one) == .unknown(recordedTypes: []))
        #expect(known.lookup(HostName("c"), one) == .unknown(recordedTypes: ["ssh-rsa", "ecdsa-sha2-nistp256"]))
        // Another curve is another type.
        let other = try TestKey.ecdsa(1, curve: "nistp384", size: 48)
        #expect(known.lookup(HostName("c"), other) == .unknown(recordedTypes: ["ssh-rsa", "ecdsa-sha2-nistp256"]))
    }

    @Test func anyOfSeveralKeysOfATypeWillDo() throws {
        let keys = try (1...3).map { try TestKey.ed25519($0) }
        let known = knownHosts([("one", "\na \(keys[0].text)\n"), ("two", "a \(keys[1].text)\n")])
        #expect(known.lookup(HostName("a"), keys[0]) == .match)
        #expect(known.lookup(HostName("a"), keys[1]) == .match)
        #expect(known.lookup(HostName("a"), keys[2]) == .changed(file: "one", line: 2, recorded: keys[0]))
    }

    @Test func aRevokedKeyIsRevokedWhereverThatIsSaid() throws {
        let (one, two) = try (TestKey.ed25519(1), TestKey.ed25519(2))
        let known = knownHosts([
            ("one", "a \(one.text)\n"), ("two", "# \n@revoked * \(one.text)\n@revoked b \(two.text)\n"),
        ])
        #expect(known.lookup(HostName("a"), one) == .revoked(file: "two", line: 2))
        #expect(known.lookup(HostName("a", port: 2_222), one) == .revoked(file: "two", line: 2))
        #expect(known.lookup(HostName("a"), two) == .changed(file: "one", line: 1, recorded: one))
        // Said of the host without its port, which is the same host.
        #expect(known.lookup(HostName("b", port: 2_222), two) == .revoked(file: "two", line: 3))
        #expect(known.lookup(HostName("b"), try TestKey.ed25519(3)) == .unknown(recordedTypes: []))
    }

    @Test func anAuthorityIsNoKeyOfTheHost() throws {
        let (one, two) = try (TestKey.ed25519(1), TestKey.ed25519(2))
        let known = knownHosts("@cert-authority *.x \(one.text)\nb.x \(two.text)\n")
        #expect(known.lookup(HostName("a.x"), one) == .authorityOnly)
        #expect(known.lookup(HostName("a.x", port: 1), one) == .authorityOnly)
        #expect(known.lookup(HostName("b.x"), two) == .match)
        #expect(known.lookup(HostName("b.x"), one) == .changed(file: "file", line: 2, recorded: two))
        #expect(known.recordedTypes(HostName("a.x")) == RecordedTypes(hasAuthority: true))
        #expect(known.recordedTypes(HostName("b.x")).here == ["ssh-ed25519"])
    }

    @Test func aPortHasItsOwnKeysOrTheHosts() throws {
        let (one, two) = try (TestKey.ed25519(1), TestKey.ed25519(2))
        let known = knownHosts("a \(one.text)\n[b]:2222,b \(one.text)\n[c]:2222 \(one.text)\nc \(two.text)\n")
        #expect(known.lookup(HostName("a", port: 2_222), one) == .match)
        // It is another server's, for all we know.
        #expect(known.lookup(HostName("a", port: 2_222), two) == .unknown(recordedTypes: []))
        #expect(known.lookup(HostName("b", port: 2_222), two) == .changed(file: "file", line: 2, recorded: one))
        #expect(known.lookup(HostName("c", port: 2_222), two) == .changed(file: "file", line: 3, recorded: one))
        #expect(known.lookup(HostName("c"), one) == .changed(file: "file", line: 4, recorded: two))
        #expect(known.recordedTypes(HostName("a", port: 2_222)) == RecordedTypes(withoutPort: ["ssh-ed25519"]))
        #expect(known.recordedTypes(HostName("b", port: 2_222)) == RecordedTypes(here: ["ssh-ed25519"]))
    }

    @Test func recordedTypesComeInTheOrderOfTheFiles() throws {
        let texts = try [TestKey.ecdsa(1).text, TestKey.ed25519(1).text, TestKey.ecdsa(2).text]
        let known = knownHosts(texts.map { "a \($0)\n" }.joined() + "@revoked a \(TestKey.rsaText)\n")
        #expect(known.recordedTypes(HostName("a")) == RecordedTypes(here: ["ecdsa-sha2-nistp256", "ssh-ed25519"]))
        #expect(known.recordedTypes(HostName("b")) == RecordedTypes())
    }

    @Test func uglyFilesKeepTheirGoodLines() throws {
        let key = try TestKey.ed25519(1)
        let huge = String(repeating: "x", count: KnownHosts.Limit.line + 1)
        let known = knownHosts(
            """
            a \(key.text)\r
            \r
            \(huge) \(key.text)
            nul \(key.text)\0
            b ssh-ed25519 AAAA=AAA
            @revoked
            \u{ff}\u{1b}[2J
            c \(key.text)
            """
        )
        for name in ["a", "c"] { #expect(known.lookup(HostName(name), key) == .match) }
        for name in ["b", "nul"] { #expect(known.lookup(HostName(name), key) == .unknown(recordedTypes: [])) }
        #expect(known.unusable.map(\.line) == [3, 4, 5, 6, 7])
        #expect(known.unusable.map(\.problem) == [.tooLong, .zeroByte, .encoding, .incomplete, .incomplete])
        #expect(known.unusable.first?.description == "file:3: it is too long")
    }

    @Test func allUnusableLinesAreCountedAndTheFirstKept() {
        let known = knownHosts(String(repeating: "rubbish\n", count: KnownHosts.Limit.unusable + 1))
        #expect(known.unusableCount == KnownHosts.Limit.unusable + 1)
        #expect(known.unusable.map(\.line) == Array(1...KnownHosts.Limit.unusable))
    }

    @Test func aLineMayBeAsLongAsTheLimit() throws {
        let key = try TestKey.ed25519(1)
        let start = "a \(key.text) "
        let comment = String(repeating: "x", count: KnownHosts.Limit.line - start.utf8.count)
        #expect(knownHosts("\(start)\(comment)\r\n").lookup(HostName("a"), key) == .match)
        #expect(knownHosts("\(start)\(comment)x\n").lookup(HostName("a"), key) != .match)
    }

    /// Any bytes at all: whatever comes of them, the next line is read.
    @Test(.timeLimit(.minutes(1)))
    func rubbishIsSurvived() throws {
        var random = SplitMix(state: 3)
        let key = try TestKey.ed25519(1)
        let good = Array("|1|@revoked a, \(key.text)".utf8)
        for _ in 0..<2_000 {
            var line = Array(good.shuffled(using: &random).prefix(Int.random(in: 0...80, using: &random))) + good
            for _ in 0..<3 {
                line[Int.random(in: 0..<line.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            var known = KnownHosts()
            known.add(line + Array("\nhost \(key.text)".utf8), from: "file")
            #expect(known.lookup(HostName("host"), key) == .match)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func filesAreReadAndThoseThatCannotBeAreErrors() async throws {
        try await withTemporaryFolder { folder in
            let key = try TestKey.ed25519(1)
            try writeFile("a \(key.text)", to: "\(folder)/one")
            let known = try KnownHosts(files: ["\(folder)/none", "\(folder)/one", "/dev/null"])
            #expect(known.lookup(HostName("a"), key) == .match)

            try writeFile([UInt8](repeating: 10, count: KnownHosts.Limit.file + 1), to: "\(folder)/large")
            try #require(mkfifo("\(folder)/pipe", 0o600) == 0)
            for (path, why) in [
                ("large", "cannot read more than 8388608 bytes: File too large"),
                ("", "cannot use it as a file: Is a directory"), ("pipe", "cannot use it as a file: Invalid argument"),
                ("one/below", "cannot open it: Not a directory"),
            ] {
                let error = hostKeyError { try KnownHosts(files: ["\(folder)/one", "\(folder)/\(path)"]) }
                #expect(error == .unreadableFile(path: "\(folder)/\(path)", why: why))
            }
        }
    }

    /// The same lines for the same names as `ssh-keygen -F`, over a random file and once more when its names are hashed.
    @Test(.timeLimit(.minutes(3)))
    func linesAreFoundAsByOpenSSH() async throws {
        try await withTemporaryFolder { folder in
            var random = SplitMix(state: 11)
            let path = "\(folder)/known_hosts"
            try writeFile(randomFile(&random), to: path)
            let names = (0..<40).map { _ in name(&random) }
            try check(names, against: path)

            let before = try bytes(of: path)
            let (said, status) = try run(["ssh-keygen", "-H", "-f", path])
            try #require(status == 0, "\(said)")
            try #require(try bytes(of: path) != before)
            try check(names, against: path)
        }
    }

    private func check(_ names: [HostName], against path: String) throws {
        let known = try KnownHosts(files: [path])
        #expect(known.unusable.isEmpty, "\(known.unusable)")
        var count = 0
        for name in names {
            let theirs = try openSSHLines(of: "\(name)", in: path)
            #expect(known.lines(of: name).map(\.line) == theirs, "\(name)")
            count += theirs.count
        }
        // Else there would have been nothing to compare.
        #expect(count > names.count)
    }

    private func name(_ random: inout SplitMix) -> HostName {
        let hosts = ["a", "b", "ab", "a.x", "b.x", "a.b.x", "10.0.0.1", "10.0.0.2", "::1"]
        return HostName(hosts.randomElement(using: &random) ?? "", port: Bool.random(using: &random) ? 22 : 2_222)
    }

    private func randomFile(_ random: inout SplitMix) throws -> String {
        var text = ""
        for _ in 0..<200 {
            let globs = [
                "*", "?", "a*", "*.x", "[*]:2222", "[a]:*", "??.x", "10.0.0.?", "!a", "!*.x", "!b", "A", "[A.X]:2222",
            ]
            let patterns = (0...Int.random(in: 0...2, using: &random)).map { _ in
                Int.random(in: 0..<3, using: &random) == 0
                    ? globs.randomElement(using: &random) ?? "" : "\(name(&random))"
            }
            let marker = ["", "", "", "", "@revoked ", "@cert-authority "].randomElement(using: &random) ?? ""
            let key = try TestKey.rsa(UInt8.random(in: 1...9, using: &random))
            text += "\(marker)\(patterns.joined(separator: ",")) \(key.text) comment\n"
            if Int.random(in: 0..<9, using: &random) == 0 { text += "# a comment\n\n" }
        }
        return text
    }

    @Test(.timeLimit(.minutes(1)))
    func fingerprintsOfAFileAreThoseOfOpenSSH() async throws {
        try await withTemporaryFolder { folder in
            let keys = try [generatedKey("ed25519", in: folder), generatedKey("ecdsa", bits: 384, in: folder)]
            let path = "\(folder)/known_hosts"
            try writeFile(keys.map { "host \($0.text)\n" }.joined(), to: path)
            let said = try run(["ssh-keygen", "-l", "-f", path]).text
            let theirs = said.split(separator: "\n").map { String($0.split(separator: " ")[1]) }
            #expect(theirs == keys.map { "\($0.fingerprint)" })
            let known = try KnownHosts(files: [path])
            for key in keys { #expect(known.lookup(HostName("host"), key) == .match) }
        }
    }
}

extension TestKey {
    static var rsaText: String { (try? rsa(1).text) ?? "" }
}
