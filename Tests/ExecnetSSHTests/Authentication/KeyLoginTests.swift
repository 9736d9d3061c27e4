//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

@testable import ExecnetSSH

@Suite(.timeLimit(.minutes(3)), .librariesStarted, .leavesNothingBehind) struct KeyLoginTests {
    private static let passphrase = "open sesame 4711"

    @Test(arguments: [
        (SSHKey.Kind.ed25519, SSHKey.Format.openSSH), (.ecdsa256, .openSSH), (.ecdsa384, .openSSH),
        (.ecdsa521, .openSSH),
        (.ecdsa256, .pem), (.ecdsa384, .pem), (.ecdsa521, .pem), (.ecdsa256, .pkcs8), (.ecdsa521, .pkcs8),
    ])
    func keysOfAllKindsAndFormatsLogIn(kind: SSHKey.Kind, format: SSHKey.Format) async throws {
        try await SSHServer.with { server in
            for passphrase in ["", KeyLoginTests.passphrase] {
                let path = "\(server.folder)/key\(passphrase.count)"
                let key = try await SSHKey.make(kind, at: path, passphrase: passphrase, format: format)
                try server.authorize(key)
                for hasPublicPart in [true, false] {
                    if !hasPublicPart { try #require(unlinkFile(path + ".pub")) }
                    var login = LoginTest(path)
                    let calls = Calls()
                    login.credentials.passphrase = { file, attempt in
                        calls.add("\(file) \(attempt)")
                        return SecretBytes(KeyLoginTests.passphrase)
                    }
                    let outcome = try await login.run(server)
                    #expect(outcome.attempts == ["\(path): accepted"])
                    #expect(outcome.isAuthenticated)
                    #expect(calls.all == (passphrase.isEmpty ? [] : ["\(path) 1"]))
                }
            }
            #expect(server.count("Accepted publickey for") == 4)
        }
    }

    @Test(arguments: [
        ("aes128-ctr", true), ("aes192-ctr", true), ("aes256-ctr", true), ("aes128-cbc", true), ("aes192-cbc", true),
        ("aes256-cbc", true), ("3des-cbc", true), ("aes256-gcm@openssh.com", false),
        ("chacha20-poly1305@openssh.com", false),
    ])
    func keysThatLibssh2CannotDecryptAreLeftToOpenSSH(cipher: String, isKnown: Bool) async throws {
        try await SSHServer.with { server in
            let path = server.clientKey.path
            let arguments = ["-q", "-p", "-P", "", "-N", KeyLoginTests.passphrase, "-Z", cipher, "-f", path]
            try await TestProgram.output(of: "/usr/bin/ssh-keygen", arguments)
            var login = LoginTest(path)
            login.credentials.passphrase = { _, _ in SecretBytes(KeyLoginTests.passphrase) }
            let outcome = try await login.run(server)
            if isKnown {
                #expect(outcome.attempts == ["\(path): accepted"])
            } else if case .needsOpenSSH(let skipped, _) = outcome {
                #expect(skipped.map(\.why) == ["it is encrypted with \(cipher), which libssh2 does not know"])
            } else {
                Issue.record("\(outcome)")
            }
        }
    }

    @Test func twoKeysAreTwoSteps() async throws {
        try await SSHServer.with(SSHServerOptions("AuthenticationMethods publickey,publickey")) { server in
            let second = try await SSHKey.make(
                .ecdsa256,
                at: server.folder + "/second",
                passphrase: KeyLoginTests.passphrase
            )
            try server.authorize(second)
            var login = LoginTest(server.clientKey.path, second.path)
            login.credentials.passphrase = { _, _ in SecretBytes(KeyLoginTests.passphrase) }
            let outcome = try await login.run(server)
            #expect(
                outcome.attempts == [
                    "\(server.clientKey.path): accepted as one of several steps", "\(second.path): accepted",
                ]
            )
        }
    }

    /// As OpenSSL makes them.
    @Test func whatStandsBeforeAKeyIsPassedOver() async throws {
        try await SSHServer.with { server in
            let path = server.folder + "/key"
            let key = try await SSHKey.make(.ecdsa256, at: path, format: .pem)
            try server.authorize(key)
            let parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
            try writeFile(Array(parameters.utf8), try bytes(of: path), to: path)
            try #require(unlinkFile(path + ".pub"))
            let outcome = try await LoginTest(path).run(server)
            #expect(outcome.attempts == ["\(path): accepted"])
        }
    }

    @Test func dropbearTakesAndRefusesKeysAndPasswords() async throws {
        try await SSHServer.withDropbear(password: "swordfish") { server in
            let stranger = try await SSHKey.make(.ecdsa256, at: server.folder + "/stranger")
            var login = LoginTest(stranger.path, server.clientKey.path)
            var outcome = try await login.run(server)
            #expect(outcome.attempts == ["\(stranger.path): denied", "\(server.clientKey.path): accepted"])
            login = LoginTest(stranger.path)
            login.credentials.password = .known(SecretBytes("swordfish"))
            outcome = try await login.run(server)
            #expect(outcome.attempts == ["\(stranger.path): denied", "password: accepted"])
            login.credentials.password = .known(SecretBytes("wrong"))
            outcome = try await login.run(server)
            #expect(outcome.isDenied)
            #expect(outcome.history.allowed == ["publickey", "password"])
        }
    }

    @Test func eachRefusedKeyIsOfferedOnce() async throws {
        try await SSHServer.with { server in
            var keys: [SSHKey] = []
            for (index, format) in [SSHKey.Format.openSSH, .pem, .pkcs8].enumerated() {
                keys.append(
                    try await SSHKey.make(
                        index == 0 ? .ed25519 : .ecdsa256,
                        at: "\(server.folder)/k\(index)",
                        format: format
                    )
                )
            }
            var login = LoginTest(keys[0].path, keys[1].path, keys[0].path, keys[2].path)
            login.options.identities.append(.init(path: server.folder + "/default", isNamed: false))
            let outcome = try await login.run(server)
            #expect(outcome.isDenied)
            #expect(outcome.attempts == keys.map { "\($0.path): denied" } + ["none: denied"])
            #expect(outcome.history.allowed == ["publickey"])
            #expect(outcome.history.notes.isEmpty)
            for key in keys {
                let fingerprint = try await key.fingerprint()
                #expect(server.count("Failed publickey", fingerprint) == 1)
                #expect(outcome.history.description.contains(fingerprint))
                #expect(outcome.history.description.contains(key.path))
            }
        }
    }

    @Test func thePassphraseOfAKeyThatTheServerRefusesIsNotAskedFor() async throws {
        try await SSHServer.with { server in
            let key = try await SSHKey.make(at: server.folder + "/key", passphrase: KeyLoginTests.passphrase)
            var login = LoginTest(key.path)
            let calls = Calls()
            login.credentials.passphrase = { _, _ in
                calls.add("asked")
                return nil
            }
            let outcome = try await login.run(server)
            #expect(outcome.attempts == ["\(key.path): denied", "none: denied"])
            #expect(calls.all == [])
            #expect(server.count("Failed publickey", try await key.fingerprint()) == 1)
        }
    }

    @Test(arguments: [
        (SSHKey.Kind.ed25519, SSHKey.Format.openSSH, true), (.ecdsa256, .openSSH, true), (.ecdsa256, .pem, true),
        (.ecdsa256, .pem, false), (.ecdsa256, .pkcs8, false),
    ])
    func aWrongPassphraseIsAskedForThreeTimes(kind: SSHKey.Kind, format: SSHKey.Format, hasPublicPart: Bool)
        async throws
    {
        try await SSHServer.with { server in
            let path = server.folder + "/key"
            let key = try await SSHKey.make(kind, at: path, passphrase: KeyLoginTests.passphrase, format: format)
            try server.authorize(key)
            if !hasPublicPart { try #require(unlinkFile(path + ".pub")) }
            let calls = Calls()
            var login = LoginTest(path)
            login.credentials.passphrase = { _, attempt in
                calls.add("\(attempt)")
                return SecretBytes("wrong \(attempt)")
            }
            var outcome = try await login.run(server)
            #expect(calls.all == ["1", "2", "3"])
            #expect(outcome.attempts == ["\(path): its passphrase was wrong 3 times", "none: denied"])
            #expect(server.count("Failed publickey") == 0)
            // The third is right.
            login.credentials.passphrase = { _, attempt in
                SecretBytes(attempt == 3 ? KeyLoginTests.passphrase : "wrong")
            }
            outcome = try await login.run(server)
            #expect(outcome.attempts == ["\(path): accepted"])
            // Another key follows on one whose passphrase is not told.
            login = LoginTest(path, server.clientKey.path)
            login.credentials.passphrase = { _, _ in nil }
            outcome = try await login.run(server)
            #expect(outcome.attempts == ["\(path): its passphrase was not told", "\(server.clientKey.path): accepted"])
            // Nobody can be asked.
            login.credentials.passphrase = nil
            outcome = try await login.run(server)
            #expect(outcome.attempts.first == "\(path): it is encrypted, and no passphrase is known")
            #expect(outcome.isAuthenticated)
        }
    }

    @Test func keysInMemoryLogIn() async throws {
        try await SSHServer.with { server in
            let path = server.folder + "/key"
            let key = try await SSHKey.make(.ecdsa256, at: path, passphrase: KeyLoginTests.passphrase)
            try server.authorize(key)
            let content = SecretBytes(try bytes(of: path))
            var login = LoginTest()
            let known = SecretBytes(KeyLoginTests.passphrase)
            login.credentials.keys = [.init(name: "vault", content: content, passphrase: known)]
            var outcome = try await login.run(server)
            #expect(outcome.attempts == ["vault: accepted"])
            // A wrong passphrase is told apart, and the callback knows better.
            login.credentials.keys = [.init(name: "vault", content: content, passphrase: SecretBytes("wrong"))]
            outcome = try await login.run(server)
            #expect(outcome.attempts == ["vault: the passphrase is wrong", "none: denied"])
            login.credentials.passphrase = { _, _ in known }
            outcome = try await login.run(server)
            #expect(outcome.attempts == ["vault: accepted"])
            // Rubbish is left out.
            login.credentials.keys.insert(.init(name: "rubbish", content: SecretBytes("abc")), at: 0)
            outcome = try await login.run(server)
            #expect(outcome.isAuthenticated)
            #expect(outcome.history.notes == ["not used: rubbish: it has no key"])
        }
    }

    @Test func keysThatCannotBeUsedAreToldOf() async throws {
        try await SSHServer.with { server in
            let folder = server.folder
            try writeFile(try bytes(of: server.clientKey.path), to: folder + "/open", mode: 0o644)
            let damaged = MadeUpKeys.text("ssh-ed25519", 3)
            try writeFile(damaged, to: folder + "/damaged")
            let login = LoginTest(folder + "/open", folder + "/missing", folder + "/damaged", server.clientKey.path)
            let outcome = try await login.run(server)
            #expect(outcome.isAuthenticated)
            #expect(outcome.attempts == ["\(folder)/damaged: denied", "\(server.clientKey.path): accepted"])
            #expect(
                outcome.history.notes == [
                    "not used: \(folder)/open: others may read it (mode 644): chmod 600 would make it usable",
                    "not used: \(folder)/missing: there is no such file",
                ]
            )
        }
    }

    @Test func anUnreadablePrivatePartIsNoDenial() async throws {
        try await SSHServer.with { server in
            // The public part is the right one, what follows is not.
            let path = server.folder + "/damaged"
            let blob = try #require(Base64.decode(server.clientKey.publicKey.split(separator: " ")[1].utf8))
            try writeFile(MadeUpKeys.text(blob: blob), to: path)
            let outcome = try await LoginTest(path, server.clientKey.path).run(server)
            // It counts as offered: the same key again would be the same answer.
            #expect(outcome.attempts == ["\(path): it cannot be read", "none: denied"])
        }
    }

    @Test func rsaNeedsOpenSSH() async throws {
        var serverOptions = SSHServerOptions()
        serverOptions.clientKey = .rsa
        try await SSHServer.with(serverOptions) { server in
            let other = try await SSHKey.make(at: server.folder + "/other")
            var login = LoginTest(server.clientKey.path, other.path)
            let outcome = try await login.run(server)
            guard case .needsOpenSSH(let skipped, let history) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(skipped.map(\.key.name) == [server.clientKey.path])
            #expect(history.description.contains(try await server.clientKey.fingerprint()))
            login.options.mayNeedOpenSSH = false
            #expect(try await login.run(server).isDenied)
        }
    }

    @Test func aServerThatHangsUpAfterManyKeysHasDenied() async throws {
        try await SSHServer.with(SSHServerOptions("MaxAuthTries 2")) { server in
            var paths: [String] = []
            for index in 0..<4 {
                paths.append(try await SSHKey.make(at: "\(server.folder)/k\(index)").path)
            }
            let outcome = try await LoginTest(paths[0], paths[1], paths[2], paths[3]).run(server)
            #expect(outcome.isDenied)
            #expect(outcome.attempts == ["\(paths[0]): denied", "\(paths[1]): not answered"])
            #expect(outcome.history.farewell == "Too many authentication failures")
        }
    }

    @Test func aServerThatDiesMeanwhileIsAnError() async throws {
        try await SSHServer.with { server in
            let key = try await SSHKey.make(at: server.folder + "/key", passphrase: KeyLoginTests.passphrase)
            try server.authorize(key)
            var login = LoginTest(key.path)
            let calls = Calls()
            login.credentials.passphrase = { _, _ in
                for pid in server.connections { kill(pid, SIGKILL) }
                // Nobody answers; it ends because the server does.
                try? await Task.sleep(for: .seconds(600))
                calls.add(Task.isCancelled ? "cancelled" : "overslept")
                return nil
            }
            login.onWaiting = { calls.add($0 ? "waits" : "waits no more") }
            await #expect(throws: SSHFailure.self) { try await login.run(server) }
            #expect(calls.all == ["waits", "cancelled", "waits no more"])
        }
    }
}
