//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

@testable import ExecnetSSH

@Suite(.timeLimit(.minutes(1)), .leavesNothingBehind) struct AgentClientTests {
    @Test func aRealAgentListsAndSigns() async throws {
        try await withTemporaryFolder { folder in
            let keys = [
                try await SSHKey.make(at: folder + "/a"), try await SSHKey.make(.ecdsa384, at: folder + "/b"),
            ]
            try await SSHAgentProgram.with(keys: keys, in: folder) { agent in
                let client = AgentClient(path: agent.socket)
                let identities = try await client.identities()
                #expect(identities.map(\.key.text) == keys.map(\.publicKey))
                #expect(identities.map(\.comment) == ["test", "test"])
                for identity in identities {
                    #expect(try await !client.signature(of: [1, 2, 3], by: identity.key).isEmpty)
                }
                let stranger = try MadeUpKeys.publicKey("ssh-ed25519", 1)
                await #expect(throws: AgentError.refused) { try await client.signature(of: [1], by: stranger) }
            }
        }
    }

    @Test func anAbsentAgentIsToldOf() async throws {
        try await withTemporaryFolder { folder in
            for path in [folder + "/none", String(repeating: "a", count: 200), folder] {
                let thrown = await #expect(throws: AgentError.self) {
                    try await AgentClient(path: path).identities()
                }
                let error = try #require(thrown)
                guard case .unreachable = error else { throw error }
            }
        }
    }

    @Test(arguments: [
        ("", "it is no agent: its answer is empty"), ("rubbish", "it is no agent"), ("\u{5}", "it refused"),
        ("\u{c}\0\0\0\u{1}", "it cut its list short"), ("\u{e}", "a message of type 14"),
    ])
    func answersThatAreNoneAreErrors(answer: String, message: String) async throws {
        try await FakeAgent.with(.answering(FakeAgent.message(Array(answer.utf8)))) { agent in
            let thrown = await #expect(throws: AgentError.self) {
                try await AgentClient(path: agent.path).identities()
            }
            let error = try #require(thrown)
            #expect("\(error)".contains(message))
        }
    }

    @Test func anEndlessAnswerIsAnErrorAtItsFirstBytes() async throws {
        try await FakeAgent.with(.answering([0, 4, 0, 1, 12])) { agent in
            await #expect(throws: AgentError.nonsense("its answer has 262145 bytes")) {
                try await AgentClient(path: agent.path).identities()
            }
        }
    }

    @Test func anAgentThatHangsUpIsToldOf() async throws {
        try await FakeAgent.with(.closing) { agent in
            await #expect(throws: AgentError.ended) { try await AgentClient(path: agent.path).identities() }
        }
    }

    @Test(arguments: [FakeAgent.Manner.silent, .answering([0, 0])])
    func anAgentThatDoesNotAnswerIsLeftInTime(manner: FakeAgent.Manner) async throws {
        try await FakeAgent.with(manner) { agent in
            let limit = Duration.milliseconds(100)
            let client = AgentClient(path: agent.path, listing: limit, signing: limit)
            await #expect(throws: AgentError.timedOut(limit)) { try await client.identities() }
            let key = try MadeUpKeys.publicKey("ssh-ed25519", 1)
            await #expect(throws: AgentError.timedOut(limit)) { try await client.signature(of: [1], by: key) }
        }
    }

    @Test func oneWhoWaitsCanBeCancelled() async throws {
        try await FakeAgent.with(.silent) { agent in
            await #expect(throws: CancellationError.self) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { _ = try await AgentClient(path: agent.path).identities() }
                    await agent.requests(1)
                    group.cancelAll()
                    try await group.next()
                }
            }
        }
    }
}
