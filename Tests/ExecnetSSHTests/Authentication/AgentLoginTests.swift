//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

@testable import ExecnetSSH

@Suite(.timeLimit(.minutes(3)), .librariesStarted, .leavesNothingBehind) struct AgentLoginTests {
    @Test(arguments: [SSHKey.Kind.ed25519, .ecdsa256, .ecdsa384, .ecdsa521])
    func anAgentSigns(kind: SSHKey.Kind) async throws {
        try await SSHServer.with { server in
            let key = try await SSHKey.make(kind, at: server.folder + "/key")
            try server.authorize(key)
            let stranger = try await SSHKey.make(at: server.folder + "/stranger")
            try await SSHAgentProgram.with(keys: [stranger, key], in: server.folder) { agent in
                var login = LoginTest()
                login.options.agent = agent.socket
                let outcome = try await login.run(server)
                #expect(outcome.attempts == ["test: denied", "test: accepted"])
                #expect(server.count("Failed publickey", try await stranger.fingerprint()) == 1)
            }
        }
    }

    @Test func aKeyThatTheAgentHasToNeedsNoPassphrase() async throws {
        try await SSHServer.with { server in
            let path = server.folder + "/key"
            let key = try await SSHKey.make(at: path)
            try server.authorize(key)
            try await SSHAgentProgram.with(keys: [key], in: server.folder) { agent in
                let arguments = ["-q", "-p", "-P", "", "-N", "open sesame", "-f", path]
                try await TestProgram.output(of: "/usr/bin/ssh-keygen", arguments)
                var login = LoginTest(path)
                login.options.agent = agent.socket
                login.options.identitiesOnly = true
                let outcome = try await login.run(server)
                #expect(outcome.attempts == ["\(path): accepted"])
                #expect(outcome.history.description.contains("of the agent"))
            }
        }
    }

    @Test(arguments: [FakeAgent.Manner.closing, .answering([0, 0, 0, 1, 5]), .answering([1, 2, 3, 4, 5])])
    func anAgentOfNoUseIsNoObstacleForAFile(manner: FakeAgent.Manner) async throws {
        try await SSHServer.with { server in
            try await FakeAgent.with(manner) { agent in
                var login = LoginTest(server.clientKey.path)
                login.options.agent = agent.path
                let outcome = try await login.run(server)
                #expect(outcome.attempts == ["\(server.clientKey.path): accepted"])
                #expect(outcome.history.notes.isEmpty && outcome.history.agentObstacle != nil)
            }
            var login = LoginTest(server.clientKey.path)
            login.options.agent = server.folder + "/none"
            let outcome = try await login.run(server)
            #expect(outcome.isAuthenticated)
            #expect(outcome.history.agentObstacle?.contains("cannot be reached") == true)
        }
    }

    @Test(arguments: [
        (FakeAgent.message([5]), "it refused"), (FakeAgent.message([14, 0, 0, 0, 1, 7]), "it is no agent"),
        ([0xff, 0xff, 0xff, 0xff], "it is no agent"),
    ])
    func anAgentThatDoesNotSignIsNoDenialAndTheNextKeyFollows(answer: [UInt8], why: String) async throws {
        try await SSHServer.with { server in
            let held = try await SSHKey.make(at: server.folder + "/held")
            try server.authorize(held)
            let blob = try #require(Base64.decode(held.publicKey.split(separator: " ")[1].utf8))
            let key = try PublicKey(blob: blob)
            try await FakeAgent.with(.listing(FakeAgent.list(key), then: answer)) { agent in
                var login = LoginTest(held.path + ".pub", server.clientKey.path)
                login.options.agent = agent.path
                let outcome = try await login.run(server)
                #expect(outcome.attempts.count == 2)
                #expect(outcome.attempts.first?.contains("the ssh-agent did not sign: \(why)") == true)
                #expect(outcome.isAuthenticated)
                #expect(server.count("Failed publickey") == 0)
            }
        }
    }

    @Test func aWrongSignatureIsADenial() async throws {
        try await SSHServer.with { server in
            let held = try await SSHKey.make(at: server.folder + "/held")
            try server.authorize(held)
            let blob = try #require(Base64.decode(held.publicKey.split(separator: " ")[1].utf8))
            let key = try PublicKey(blob: blob)
            var signature: [UInt8] = []
            signature.appendString(Array("ssh-ed25519".utf8))
            signature.appendString([UInt8](repeating: 1, count: 64))
            var body: [UInt8] = [14]
            body.appendString(signature)
            try await FakeAgent.with(.listing(FakeAgent.list(key), then: FakeAgent.message(body))) { agent in
                var login = LoginTest(server.clientKey.path)
                login.options.agent = agent.path
                login.options.identities = []
                let outcome = try await login.run(server)
                #expect(outcome.attempts == ["fake: denied", "none: denied"])
                #expect(outcome.isDenied)
            }
        }
    }

    @Test func anAgentThatNeverSignsEndsWithTheSession() async throws {
        try await SSHServer.with { server in
            let blob = try #require(Base64.decode(server.clientKey.publicKey.split(separator: " ")[1].utf8))
            let key = try PublicKey(blob: blob)
            try await FakeAgent.with(.listing(FakeAgent.list(key), then: [])) { agent in
                var login = LoginTest()
                login.options.agent = agent.path
                let calls = Calls()
                login.onWaiting = { calls.add($0 ? "waits" : "waits no more") }
                let sessions = AsyncStream<SSHSession>.makeStream()
                login.onSession = { sessions.continuation.yield($0) }
                await #expect(throws: SSHFailure.self) {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { [login] in _ = try await login.run(server) }
                        for await session in sessions.stream {
                            await agent.requests(2)
                            session.abort(nil)
                            break
                        }
                        try await group.next()
                    }
                }
                #expect(calls.all == ["waits", "waits no more", "waits", "waits no more"])
            }
        }
    }
}
