//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Testing

@testable import ExecnetSSH

@Suite struct AuthenticatorTests {
    private let ed = "ssh-ed25519"
    private let ec = "ecdsa-sha2-nistp256"

    // MARK: keys

    @Test func keysOfTheCallerComeFirstThenConfiguredOnesOfTheAgentThenFilesThenTheRestOfTheAgent() throws {
        var keys = KeysAtHand()
        keys.memory = [KeyCandidate(try MadeUpKeys.file("memory", ed, 1))]
        keys.files = [try MadeUpKeys.file("file", ed, 2), try MadeUpKeys.file("both", ec, 3)]
        keys.agent = [try MadeUpKeys.identity("other", ed, 4), try MadeUpKeys.identity("held", ec, 3)]
        #expect(
            offers(keys) == [
                "memory", "both, of the agent", "file", "other, of the agent",
            ]
        )
    }

    @Test func otherKeysOfTheAgentAreLeftOutIfSoConfigured() throws {
        var keys = KeysAtHand()
        keys.files = [try MadeUpKeys.file("both", ec, 3)]
        keys.agent = [try MadeUpKeys.identity("other", ed, 4), try MadeUpKeys.identity("held", ec, 3)]
        var options = SSHAuthenticationOptions()
        options.identitiesOnly = true
        #expect(offers(keys, options) == ["both, of the agent"])
    }

    @Test func aPublicKeyAloneChoosesTheAgentsKey() throws {
        let line = try MadeUpKeys.publicKey(ed, 5).text
        var keys = KeysAtHand()
        keys.files = [
            try KeyFile(name: "a.pub", content: SecretBytes(line)),
            try KeyFile(name: "b.pub", content: SecretBytes(try MadeUpKeys.publicKey(ed, 6).text)),
        ]
        keys.agent = [try MadeUpKeys.identity("held", ed, 5)]
        var options = SSHAuthenticationOptions()
        options.identitiesOnly = true
        #expect(offers(keys, options) == ["a.pub, of the agent"])
    }

    @Test func eachKeyIsOfferedOnceWhereverItIs() throws {
        var keys = KeysAtHand()
        keys.memory = [KeyCandidate(try MadeUpKeys.file("memory", ed, 1))]
        keys.files = [try MadeUpKeys.file("file", ed, 1), try MadeUpKeys.file("again", ed, 1)]
        keys.agent = [try MadeUpKeys.identity("held", ed, 1), try MadeUpKeys.identity("held twice", ed, 1)]
        #expect(offers(keys) == ["memory"])
    }

    @Test func whatOnlyOpenSSHCanUseIsSkippedWithAReason() throws {
        var keys = KeysAtHand()
        keys.files = [
            try MadeUpKeys.file("rsa", "ssh-rsa"),
            try MadeUpKeys.file("sk", "sk-ssh-ed25519@openssh.com"),
            try MadeUpKeys.file("cert", "ssh-ed25519-cert-v01@openssh.com"),
            try MadeUpKeys.file("chacha", ed, 1, cipher: "chacha20-poly1305@openssh.com"),
            try MadeUpKeys.file("dsa", "ssh-dss"),
            try MadeUpKeys.file("good", ed, 2, cipher: "aes256-ctr"),
        ]
        keys.agent = [try MadeUpKeys.identity("held", "ssh-rsa", 9)]
        let authenticator = Authenticator(keys, .init(), .init())
        #expect(offers(keys) == ["good"])
        #expect(authenticator.history.skipped.map(\.key.name) == ["rsa", "sk", "cert", "chacha", "dsa", "held"])
        #expect(authenticator.history.skipped.map(\.needsOpenSSH) == [true, true, true, true, false, true])
    }

    @Test func certificatesThatAreNamedAreSkippedWithAReason() {
        var options = SSHAuthenticationOptions()
        options.certificates = ["mine-cert.pub"]
        var authenticator = Authenticator(.init(), .init(), options)
        #expect(authenticator.history.skipped.map(\.key.name) == ["mine-cert.pub"])
        deny(&authenticator, allowing: ["publickey"])
        #expect(isEnd(authenticator.next(), .needsOpenSSH))
    }

    @Test func afterFiveRefusalsNoKeyIsOffered() throws {
        var keys = KeysAtHand()
        keys.files = try (1...7).map { try MadeUpKeys.file("key\($0)", ed, $0) }
        var authenticator = Authenticator(keys, .init(password: .known), .init())
        for number in 1...5 {
            let action = authenticator.next()
            #expect(name(of: action) == "key\(number)")
            authenticator.ended(action, .denied(allowed: ["publickey", "password"]))
        }
        #expect(name(of: authenticator.next()) == "password")
        #expect(authenticator.history.skipped.map(\.key.name) == ["key6", "key7"])
        #expect(authenticator.history.skipped.allSatisfy { !$0.needsOpenSSH })
    }

    @Test func theListIsNotAskedForWhereThatWouldBeOneAttemptTooMany() throws {
        var keys = KeysAtHand()
        keys.files = try (1...5).map { try MadeUpKeys.file("key\($0)", ed, $0) }
        var authenticator = Authenticator(keys, .init(), .init())
        for _ in 1...5 { authenticator.ended(authenticator.next(), .denied(allowed: ["publickey"])) }
        #expect(isEnd(authenticator.next(), .denied))
    }

    @Test func keysThatCameToNothingAreNotCountedAsRefused() throws {
        var keys = KeysAtHand()
        keys.files = try (1...7).map { try MadeUpKeys.file("key\($0)", ed, $0) }
        var authenticator = Authenticator(keys, .init(), .init())
        for number in 1...7 {
            let action = authenticator.next()
            #expect(name(of: action) == "key\(number)")
            authenticator.ended(action, .unusable("no passphrase"))
        }
    }

    // MARK: methods

    @Test func whatTheServerDoesNotAllowIsNotTried() throws {
        var keys = KeysAtHand()
        keys.files = [try MadeUpKeys.file("one", ed, 1), try MadeUpKeys.file("two", ed, 2)]
        var authenticator = Authenticator(keys, .init(password: .known, hasPrompt: true), .init())
        authenticator.ended(authenticator.next(), .denied(allowed: ["password", "hostbased"]))
        let action = authenticator.next()
        #expect(name(of: action) == "password")
        authenticator.ended(action, .denied(allowed: ["password", "hostbased"]), given: .password)
        deny(&authenticator, allowing: ["password", "hostbased"])
        #expect(isEnd(authenticator.next(), .denied))
    }

    @Test func whatIsNotConfiguredIsNotTried() throws {
        var keys = KeysAtHand()
        keys.files = [try MadeUpKeys.file("one", ed, 1)]
        var options = SSHAuthenticationOptions()
        options.methods = [.password]
        #expect(offers(keys, options, .init(password: .known, hasPrompt: true)) == ["password"])
    }

    @Test func theConfiguredOrderCounts() throws {
        var keys = KeysAtHand()
        keys.files = [try MadeUpKeys.file("one", ed, 1)]
        var options = SSHAuthenticationOptions()
        options.methods = SSHAuthenticationOptions.methods(
            preferred: ["keyboard-interactive", "gssapi-with-mic", "publickey", "publickey"]
        )
        #expect(options.methods == [.interactive, .publicKey])
        #expect(offers(keys, options, .init(hasPrompt: true)) == ["keyboard-interactive", "one"])
        #expect(SSHAuthenticationOptions.methods(publicKey: false, password: false) == [.interactive])
    }

    @Test func nothingIsTriedTwiceHoweverOftenItIsRefused() throws {
        var keys = KeysAtHand()
        keys.files = [try MadeUpKeys.file("one", ed, 1)]
        let means = Authenticator.Means(password: .known, hasPrompt: true)
        #expect(offers(keys, .init(), means) == ["one", "password", "keyboard-interactive"])
    }

    @Test func aKnownPasswordAnswersQuestionsOnlyWherePasswordsAreNotTaken() {
        var authenticator = Authenticator(.init(), .init(password: .known), .init())
        // Nobody knows yet what is allowed, and this sends the password only if it is asked for.
        var action = authenticator.next()
        #expect(name(of: action) == "keyboard-interactive")
        authenticator.ended(action, .denied(allowed: ["password"]))
        action = authenticator.next()
        #expect(name(of: action) == "password")
    }

    @Test func aPasswordIsSentOnceByWhateverMethod() {
        var authenticator = Authenticator(.init(), .init(password: .known), .init())
        authenticator.ended(
            authenticator.next(),
            .denied(allowed: ["keyboard-interactive", "password"]),
            given: .password
        )
        #expect(name(of: authenticator.next()) == "none")
    }

    @Test func withNothingAtHandItIsAskedWhatIsAllowed() {
        var authenticator = Authenticator(.init(), .init(), .init())
        let action = authenticator.next()
        #expect(name(of: action) == "none")
        authenticator.ended(action, .denied(allowed: ["publickey"]))
        #expect(isEnd(authenticator.next(), .denied))
        #expect(authenticator.history.allowed == ["publickey"])
    }

    @Test func noQuestionsAreAnsweredAfterTheListWasAskedFor() {
        var options = SSHAuthenticationOptions()
        options.methods = [.publicKey, .interactive]
        var authenticator = Authenticator(.init(), .init(hasPrompt: true), options)
        authenticator.ended(.nothing, .denied(allowed: ["keyboard-interactive"]))
        #expect(isEnd(authenticator.next(), .denied))
    }

    // MARK: several steps

    @Test func afterAStepTheServersNewListCounts() throws {
        var keys = KeysAtHand()
        keys.files = [try MadeUpKeys.file("one", ed, 1), try MadeUpKeys.file("two", ed, 2)]
        var authenticator = Authenticator(keys, .init(hasPrompt: true), .init())
        authenticator.ended(authenticator.next(), .partial(allowed: ["keyboard-interactive"]))
        #expect(authenticator.history.isPartial)
        #expect(name(of: authenticator.next()) == "keyboard-interactive")
    }

    @Test func aSecondKeyIsAnotherOne() throws {
        var keys = KeysAtHand()
        keys.files = [try MadeUpKeys.file("one", ed, 1), try MadeUpKeys.file("two", ed, 2)]
        var authenticator = Authenticator(keys, .init(), .init())
        authenticator.ended(authenticator.next(), .partial(allowed: ["publickey"]))
        let action = authenticator.next()
        #expect(name(of: action) == "two")
        authenticator.ended(action, .denied(allowed: ["publickey"]))
        // A step that is done is not undone by asking for nothing.
        #expect(isEnd(authenticator.next(), .denied))
    }

    @Test func whatIsRefusedBeforeItsTurnIsTriedWhenThatComes() throws {
        var keys = KeysAtHand()
        keys.files = [try MadeUpKeys.file("one", ed, 1), try MadeUpKeys.file("two", ed, 2)]
        var authenticator = Authenticator(keys, .init(password: .known), .init())
        authenticator.ended(authenticator.next(), .denied(allowed: ["password"]))
        var action = authenticator.next()
        #expect(name(of: action) == "password")
        authenticator.ended(action, .partial(allowed: ["publickey"]), given: .password)
        action = authenticator.next()
        #expect(name(of: action) == "one")
        authenticator.ended(action, .accepted)
        #expect(authenticator.history.attempts.map(\.outcome) == [.notAllowed, .partial, .accepted])
    }

    @Test func aServerThatAlwaysWantsSomethingElseComesToAnEnd() throws {
        var keys = KeysAtHand()
        keys.files = try (1...3).map { try MadeUpKeys.file("key\($0)", ed, $0) }
        var authenticator = Authenticator(keys, .init(password: .known, hasPrompt: true), .init())
        let methods = ["publickey", "password", "keyboard-interactive"]
        var attempts = 0
        while attempts < 50 {
            let action = authenticator.next()
            if case .end = action { break }
            attempts += 1
            let used =
                name(of: action).hasPrefix("key") && name(of: action) != methods[2] ? methods[0] : name(of: action)
            authenticator.ended(action, .denied(allowed: methods.filter { $0 != used }))
        }
        #expect(attempts < 12)
    }

    @Test func whoAsksAndThenRefusesHasSeenTheAnswers() {
        var authenticator = Authenticator(.init(), .init(hasPrompt: true), .init())
        authenticator.ended(authenticator.next(), .denied(allowed: ["password"]), given: .answers)
        #expect(authenticator.history.attempts.map(\.outcome) == [.denied])
    }

    // MARK: the way out

    @Test func openSSHIsNeededIfNothingElseIsLeft() throws {
        var keys = KeysAtHand()
        keys.files = [try MadeUpKeys.file("rsa", "ssh-rsa"), try MadeUpKeys.file("one", ed, 1)]
        var authenticator = Authenticator(keys, .init(password: .known), .init())
        authenticator.ended(authenticator.next(), .denied(allowed: ["publickey", "password"]))
        #expect(name(of: authenticator.next()) == "password")
        authenticator.ended(.password, .denied(allowed: ["publickey", "password"]), given: .password)
        deny(&authenticator, allowing: ["publickey", "password"])
        #expect(isEnd(authenticator.next(), .needsOpenSSH))
        #expect(authenticator.history.hasRefusedKeys)
    }

    @Test func aPasswordThatWasRefusedIsNoRefusedKey() {
        var authenticator = Authenticator(.init(), .init(password: .known), .init())
        authenticator.ended(authenticator.next(), .denied(allowed: ["password"]))
        authenticator.ended(.password, .denied(allowed: ["password"]), given: .password)
        #expect(!authenticator.history.hasRefusedKeys)
    }

    @Test func nobodyIsAskedWhatOpenSSHsKeyMayAnswer() throws {
        var keys = KeysAtHand()
        keys.files = [try MadeUpKeys.file("rsa", "ssh-rsa"), try MadeUpKeys.file("one", ed, 1)]
        for means in [Authenticator.Means(hasPrompt: true), .init(password: .asked)] {
            var authenticator = Authenticator(keys, means, .init())
            authenticator.ended(
                authenticator.next(),
                .denied(allowed: ["publickey", "keyboard-interactive", "password"])
            )
            #expect(isEnd(authenticator.next(), .needsOpenSSH))
        }
    }

    @Test func aKeyOfOpenSSHsIsNoWayOutWhereKeysAreNotTaken() throws {
        var keys = KeysAtHand()
        keys.files = [try MadeUpKeys.file("rsa", "ssh-rsa"), try MadeUpKeys.file("one", ed, 1)]
        var authenticator = Authenticator(keys, .init(hasPrompt: true), .init())
        authenticator.ended(authenticator.next(), .denied(allowed: ["keyboard-interactive"]))
        #expect(name(of: authenticator.next()) == "keyboard-interactive")
        authenticator.ended(.interactive, .denied(allowed: ["keyboard-interactive"]))
        deny(&authenticator, allowing: ["keyboard-interactive"])
        #expect(isEnd(authenticator.next(), .denied))
    }

    @Test func withoutTheWayOutAllElseIsTriedAndTheReasonIsTold() throws {
        var keys = KeysAtHand()
        keys.files = [try MadeUpKeys.file("rsa", "ssh-rsa")]
        var options = SSHAuthenticationOptions()
        options.mayNeedOpenSSH = false
        #expect(offers(keys, options, .init(hasPrompt: true)) == ["keyboard-interactive"])
        let authenticator = Authenticator(keys, .init(), options)
        #expect(authenticator.history.description.contains("RSA keys in a way that servers refuse"))
    }

    @Test func afterTheServerHasHungUpNothingIsTried() throws {
        var keys = KeysAtHand()
        keys.files = [try MadeUpKeys.file("one", ed, 1), try MadeUpKeys.file("two", ed, 2)]
        var authenticator = Authenticator(keys, .init(password: .known), .init())
        authenticator.ended(authenticator.next(), .unusable("not answered"))
        authenticator.left("Too many authentication failures")
        #expect(isEnd(authenticator.next(), .denied))
    }

    // MARK: helpers

    /// All that is tried while everything is refused, without the last question for the list.
    private func offers(
        _ keys: KeysAtHand,
        _ options: SSHAuthenticationOptions = .init(),
        _ means: Authenticator.Means = .init()
    ) -> [String] {
        var authenticator = Authenticator(keys, means, options)
        var names: [String] = []
        while true {
            let action = authenticator.next()
            if case .end = action { return names }
            if case .nothing = action {} else { names.append(name(of: action)) }
            let allowed = ["publickey", "password", "keyboard-interactive"]
            authenticator.ended(action, .denied(allowed: allowed))
        }
    }

    private func deny(_ authenticator: inout Authenticator, allowing allowed: [String]) {
        let action = authenticator.next()
        #expect(name(of: action) == "none")
        authenticator.ended(action, .denied(allowed: allowed))
    }

    private func name(of action: Authenticator.Action) -> String {
        switch action {
        case .key(let candidate): candidate.name.name + (candidate.name.isOfAgent ? ", of the agent" : "")
        case .interactive: "keyboard-interactive"
        case .password: "password"
        case .nothing: "none"
        case .end(let ending): "\(ending)"
        }
    }

    private func isEnd(_ action: Authenticator.Action, _ expected: Authenticator.Ending) -> Bool {
        if case .end(let ending) = action { ending == expected } else { false }
    }
}
