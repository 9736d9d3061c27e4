//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

@testable import ExecnetSSH

struct KnownHostsFileTests {
    private let name = HostName("host.example", port: 2_222)

    @Test(.timeLimit(.minutes(1)))
    func aNewHostIsFoundByOpenSSHAndByUs() async throws {
        try await withTemporaryFolder { folder in
            let key = try generatedKey("ed25519", in: folder)
            let path = "\(folder)/new/known_hosts"
            #expect(try KnownHostsFile(path: path).record(key, of: name) == .recorded)
            #expect(try text(of: path) == "[host.example]:2222 \(key.text)\n")
            #expect(try mode(of: path) == 0o600)
            #expect(try mode(of: "\(folder)/new") == 0o700)
            #expect(names(in: "\(folder)/new") == ["known_hosts"])
            #expect(try KnownHosts(files: [path]).lookup(name, key) == .match)
            #expect(try openSSHLines(of: "\(name)", in: path) == [1])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func hashedNamesAreFoundByOpenSSHAndByUs() async throws {
        try await withTemporaryFolder { folder in
            let key = try generatedKey("ecdsa", bits: 256, in: folder)
            let path = "\(folder)/known_hosts"
            let file = KnownHostsFile(path: path, hashesNames: true)
            for port in [2_222, 22] {
                #expect(try file.record(key, of: HostName("Host.Example", port: port)) == .recorded)
            }
            #expect(try lines(of: path).allSatisfy { $0.hasPrefix("|1|") && $0.hasSuffix(" \(key.text)") })
            #expect(try openSSHLines(of: "host.example", in: path) == [2])
            #expect(try openSSHLines(of: "[host.example]:2222", in: path) == [1])
            #expect(try KnownHosts(files: [path]).lines(of: name).map(\.line) == [1])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func whatHasBecomeKnownMeanwhileIsLookedUpAgain() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/known_hosts"
            let (key, other) = try (TestKey.ed25519(1), TestKey.ed25519(2))
            let file = KnownHostsFile(path: path)
            try writeFile("\(name) \(key.text)", to: path)
            let content = try bytes(of: path)
            #expect(try file.record(key, of: name) == .alreadyRecorded)
            #expect(refusal { try file.record(other, of: name) } == .changed(file: path, line: 1, recorded: key))
            let rsa = try TestKey.rsa(1)
            #expect(refusal { try file.record(rsa, of: name) } == .otherTypes(["ssh-ed25519"]))
            #expect(try bytes(of: path) == content)

            try writeFile("@revoked * \(key.text)\n", to: path)
            #expect(refusal { try file.record(key, of: name) } == .revoked(file: path, line: 1))
            try writeFile("@cert-authority * \(key.text)\n", to: path)
            #expect(refusal { try file.record(key, of: name) } == .authorityOnly)
        }
    }

    private func refusal<R>(_ body: () throws -> R) -> HostKeyRefusal.Reason? {
        guard case .refused(let refusal) = hostKeyError(body) else { return nil }
        return refusal.reason
    }

    @Test(.timeLimit(.minutes(1)))
    func aNameThatIsNotOneHostIsNotWritten() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/known_hosts"
            for host in ["*", "a\n@cert-authority *", String(repeating: "a", count: HostName.maximumSize + 1)] {
                for hashes in [true, false] {
                    let file = KnownHostsFile(path: path, hashesNames: hashes)
                    guard case .notRecorded = hostKeyError({ try file.record(TestKey.ed25519(1), of: HostName(host)) })
                    else {
                        Issue.record("\(host)")
                        continue
                    }
                }
            }
            #expect(names(in: folder) == [])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func manyWritersAtOnceLoseNothing() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/known_hosts"
            let key = try TestKey.ed25519(1)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        for host in 0..<10 {
                            let outcome = try KnownHostsFile(path: path).record(
                                key,
                                of: HostName("host-\(writer)-\(host)")
                            )
                            #expect(outcome == .recorded)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(Set(try lines(of: path)).count == 80)
            #expect(try lines(of: path).count == 80)
            #expect(names(in: folder) == ["known_hosts"])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func ofManyWritersForOneHostOneWins() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/known_hosts"
            let results = await withTaskGroup(of: String.self) { group in
                for writer in 0..<12 {
                    group.addTask {
                        do {
                            let key = try TestKey.ed25519(UInt8(writer % 2))
                            return "\(try KnownHostsFile(path: path).record(key, of: name))"
                        } catch HostKeyError.refused {
                            return "refused"
                        } catch {
                            return "\(error)"
                        }
                    }
                }
                return await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(results == ["recorded": 1, "alreadyRecorded": 5, "refused": 6])
            let written = try lines(of: path)
            #expect(written.count == 1)
        }
    }

    /// We may be root, whom no mode keeps from writing: so what cannot be written is what no user could.
    @Test(.timeLimit(.minutes(1)))
    func whereNothingCanBeWrittenTheLineIsSaid() async throws {
        try await withTemporaryFolder { folder in
            let key = try TestKey.ed25519(1)
            try writeFile("", to: "\(folder)/file")
            let cases = [
                ("file/known_hosts", "cannot open it: Not a directory"),
                (
                    "none/below/known_hosts",
                    "cannot make the folder \"\(folder)/none/below\": No such file or directory"
                ),
                ("", "cannot open it: Is a directory"),
            ]
            for (path, why) in cases {
                let path = "\(folder)/\(path)"
                let error = hostKeyError { try KnownHostsFile(path: path).record(key, of: name) }
                #expect(error == .notRecorded(path: path, why: why, line: "\(name) \(key.text)"))
                #expect(error?.description.hasSuffix("Add this line to it by hand: \(name) \(key.text)") == true)
            }
            #expect(names(in: folder) == ["file"])
        }
    }
}
