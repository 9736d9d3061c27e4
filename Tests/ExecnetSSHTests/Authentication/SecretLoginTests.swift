//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

@testable import ExecnetSSH

/// Passwords, and questions.
@Suite(.timeLimit(.minutes(3)), .librariesStarted, .leavesNothingBehind) struct SecretLoginTests {
    private static let password = "swordfish 4712"
    private static let code = "code 4713"

    private func withPasswordServer(_ lines: [String] = [], _ body: (SSHServer) async throws -> Void) async throws {
        var options = SSHServerOptions()
        options.lines = lines
        options.password = SecretLoginTests.password
        try await SSHServer.with(options, body)
    }

    private func withAskingServer(
        _ lines: [String] = [],
        answers: [String] = [code],
        _ body: (SSHServer) async throws -> Void
    ) async throws {
        var options = SSHServerOptions()
        options.lines = lines
        options.answers = answers
        try await SSHServer.with(options, body)
    }

    @Test func aPasswordLogsIn() async throws {
        try await withPasswordServer { server in
            var login = LoginTest()
            login.credentials.password = .known(SecretBytes(SecretLoginTests.password))
            var outcome = try await login.run(server)
            #expect(outcome.isAuthenticated)
            let calls = Calls()
            login.credentials.password = .asked {
                calls.add("asked")
                return SecretBytes(SecretLoginTests.password)
            }
            login.onWaiting = { calls.add($0 ? "waits" : "waits no more") }
            outcome = try await login.run(server)
            #expect(outcome.isAuthenticated)
            #expect(calls.all == ["waits", "asked", "waits no more"])
            #expect(server.count("Accepted password for") == 2)
        }
    }

    @Test func aServerThatLetsEveryoneInIsFoundOut() async throws {
        var options = SSHServerOptions("PermitEmptyPasswords yes")
        options.password = ""
        try await SSHServer.with(options) { server in
            #expect(try await LoginTest().run(server).attempts == ["none: accepted"])
            // Also after all else.
            let stranger = try await SSHKey.make(at: server.folder + "/stranger")
            let outcome = try await LoginTest(stranger.path).run(server)
            #expect(outcome.attempts == ["\(stranger.path): denied", "none: accepted"])
        }
    }

    @Test func aWrongPasswordIsSentOnce() async throws {
        try await withPasswordServer { server in
            var login = LoginTest()
            login.credentials.password = .known(SecretBytes("wrong"))
            let outcome = try await login.run(server)
            #expect(outcome.isDenied)
            #expect(outcome.attempts.filter { $0 == "password: denied" }.count == 1)
            #expect(server.count("Failed password for") == 1)
            login.credentials.password = .asked { nil }
            #expect(try await login.run(server).attempts.contains("password: no password was told"))
            #expect(server.count("Failed password for") == 1)
        }
    }

    @Test func aPasswordAfterAKeyIsASecondStep() async throws {
        try await withPasswordServer(["AuthenticationMethods publickey,password"]) { server in
            var login = LoginTest(server.clientKey.path)
            login.credentials.password = .known(SecretBytes(SecretLoginTests.password))
            var outcome = try await login.run(server)
            #expect(
                outcome.attempts == [
                    "\(server.clientKey.path): accepted as one of several steps", "password: accepted",
                ]
            )
            login.credentials.password = nil
            outcome = try await login.run(server)
            #expect(outcome.isDenied)
            #expect(outcome.history.isPartial)
            #expect(outcome.history.allowed == ["password"])
        }
    }

    @Test func aKeyMayBeTheSecondStep() async throws {
        try await withPasswordServer(["AuthenticationMethods password,publickey"]) { server in
            var login = LoginTest(server.clientKey.path)
            login.credentials.password = .known(SecretBytes(SecretLoginTests.password))
            let outcome = try await login.run(server)
            #expect(
                outcome.attempts == [
                    "\(server.clientKey.path): not allowed", "password: accepted as one of several steps",
                    "\(server.clientKey.path): accepted",
                ]
            )
        }
    }

    @Test func aKeyOfTheAgentMayBeTheFirstStep() async throws {
        try await withPasswordServer(["AuthenticationMethods publickey,password"]) { server in
            try await SSHAgentProgram.with(keys: [server.clientKey], in: server.folder) { agent in
                var login = LoginTest()
                login.options.agent = agent.socket
                login.credentials.password = .known(SecretBytes(SecretLoginTests.password))
                let outcome = try await login.run(server)
                #expect(outcome.attempts == ["test: accepted as one of several steps", "password: accepted"])
            }
        }
    }

    @Test func questionsAreAnswered() async throws {
        try await withAskingServer(answers: ["first", "second"]) { server in
            var login = LoginTest()
            let calls = Calls()
            login.credentials.prompt = { questions in
                calls.add(questions.prompts.map { "\($0.text)\($0.isShown)" }.joined())
                return questions.prompts.isEmpty ? [] : [SecretBytes(calls.all.count == 1 ? "first" : "second")]
            }
            var outcome = try await login.run(server)
            #expect(outcome.attempts == ["keyboard-interactive: accepted"])
            #expect(calls.all.prefix(2) == ["Password: false", "Password: false"])
            login.credentials.prompt = { _ in [] }
            outcome = try await login.run(server)
            #expect(outcome.isDenied)
            #expect(outcome.attempts.filter { $0 == "keyboard-interactive: denied" }.count == 1)
        }
    }

    @Test func questionsAfterAKeyAreASecondStep() async throws {
        try await withAskingServer(["AuthenticationMethods publickey,keyboard-interactive"]) { server in
            let stranger = try await SSHKey.make(at: server.folder + "/stranger")
            var login = LoginTest(stranger.path, server.clientKey.path)
            let calls = Calls()
            login.onWaiting = { calls.add($0 ? "waits" : "waits no more") }
            login.credentials.prompt = { questions in
                calls.add("asked")
                return [SecretBytes(SecretLoginTests.code)]
            }
            let outcome = try await login.run(server)
            #expect(
                outcome.attempts == [
                    "\(stranger.path): denied", "\(server.clientKey.path): accepted as one of several steps",
                    "keyboard-interactive: accepted",
                ]
            )
            #expect(outcome.isAuthenticated)
            #expect(calls.all == ["waits", "asked", "waits no more"])
        }
    }

    @Test func aKnownPasswordAnswersTheOneQuestion() async throws {
        try await withAskingServer(["PasswordAuthentication no"]) { server in
            var login = LoginTest()
            login.credentials.password = .known(SecretBytes(SecretLoginTests.code))
            #expect(try await login.run(server).attempts == ["keyboard-interactive: accepted"])
            login.credentials.password = .known(SecretBytes("wrong"))
            let outcome = try await login.run(server)
            #expect(outcome.isDenied)
            #expect(server.count("PAM: Authentication failure") == 1)
        }
    }

    @Test func questionsThatComeTogetherAreAnsweredInOrder() async throws {
        let questions = [("User number: ", "17"), ("Pet: ", "cat"), ("Code: ", SecretLoginTests.code)]
        try await SSHServer.withQuestions(questions) { server in
            var login = LoginTest()
            login.credentials.prompt = { asked in
                #expect(asked.instruction == "Who are you?")
                return asked.prompts.compactMap { prompt in
                    questions.first { $0.0 == prompt.text }.map { SecretBytes($0.1) }
                }
            }
            let outcome = try await login.run(server)
            #expect(outcome.attempts == ["keyboard-interactive: accepted"])
            // Three questions are not one for a password.
            login = LoginTest()
            let calls = Calls()
            login.credentials.password = .asked {
                calls.add("asked")
                return SecretBytes(SecretLoginTests.code)
            }
            #expect(try await login.run(server).attempts.first == "keyboard-interactive: denied")
            #expect(calls.all == [])
        }
    }

    @Test func whoIsAskedIsCancelledWithTheSession() async throws {
        try await withAskingServer { server in
            var login = LoginTest()
            let calls = Calls()
            let sessions = AsyncStream<SSHSession>.makeStream()
            let asked = AsyncStream<Void>.makeStream()
            login.onSession = { sessions.continuation.yield($0) }
            login.credentials.prompt = { _ in
                asked.continuation.yield()
                try? await Task.sleep(for: .seconds(600))
                calls.add(Task.isCancelled ? "cancelled" : "overslept")
                return []
            }
            await #expect(throws: SSHFailure.self) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { [login] in _ = try await login.run(server) }
                    for await session in sessions.stream {
                        for await _ in asked.stream { break }
                        session.abort(nil)
                        break
                    }
                    try await group.next()
                }
            }
            #expect(calls.all == ["cancelled"])
        }
    }

    @Test func nothingSecretIsInWhatIsTold() async throws {
        try await withPasswordServer { server in
            let path = server.folder + "/key"
            let key = try await SSHKey.make(at: path, passphrase: "passphrase 4714")
            try server.authorize(key)
            var login = LoginTest(path, server.folder + "/missing")
            login.credentials = SSHCredentials(
                keys: [
                    .init(
                        name: "memory",
                        content: SecretBytes(try bytes(of: path)),
                        passphrase: SecretBytes("wrong 4715")
                    ),
                    .init(name: "rubbish", content: SecretBytes("rubbish 4716")),
                ],
                passphrase: { _, _ in SecretBytes("wrong 4717") },
                password: .known(SecretBytes("wrong 4718")),
                prompt: { _ in [SecretBytes("wrong 4719")] }
            )
            let outcome = try await login.run(server)
            #expect(outcome.isDenied)
            var text = "\(outcome) \(outcome.history) \(login.credentials) \(String(reflecting: login.credentials))"
            dump(outcome, to: &text)
            dump(login.credentials, to: &text)
            for number in 4_712...4_719 { #expect(!text.contains("\(number)"), "\(number)") }
            let lines = String(decoding: try bytes(of: path), as: UTF8.self).split(separator: "\n")
            for line in lines.dropFirst().dropLast() { #expect(!text.contains(line)) }
        }
    }
}
