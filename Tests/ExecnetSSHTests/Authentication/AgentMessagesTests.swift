//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Testing

@testable import ExecnetSSH

@Suite struct AgentMessagesTests {
    private func list(_ entries: [([UInt8], String)], count: Int? = nil) -> [UInt8] {
        var answer: [UInt8] = [12]
        answer.appendNumber(count ?? entries.count)
        for (blob, comment) in entries {
            answer.appendString(blob)
            answer.appendString(Array(comment.utf8))
        }
        return answer
    }

    private func signature(_ algorithm: String, _ value: [UInt8]) -> [UInt8] {
        var inner: [UInt8] = []
        inner.appendString(Array(algorithm.utf8))
        inner.appendString(value)
        var answer: [UInt8] = [14]
        answer.appendString(inner)
        return answer
    }

    @Test func keysAreRead() throws {
        let answer = list([
            (MadeUpKeys.blob("ssh-ed25519", 1), "me@home"), (MadeUpKeys.blob("ssh-rsa", 2), "\u{1b}[2Jold\n"),
            ([1, 2, 3], "no key"),
        ])
        let identities = try AgentMessages.identities(in: answer)
        #expect(identities.map(\.key.type) == ["ssh-ed25519", "ssh-rsa"])
        #expect(identities.map(\.comment) == ["me@home", " [2Jold "])
        #expect(try AgentMessages.identities(in: list([])).isEmpty)
    }

    @Test func partsOfAListAreNone() {
        let answer = list([(MadeUpKeys.blob("ssh-ed25519", 1), "me@home"), (MadeUpKeys.blob("ssh-rsa", 2), "old")])
        for count in 0..<answer.count {
            #expect(throws: AgentError.self) { try AgentMessages.identities(in: Array(answer[..<count])) }
        }
        #expect(throws: AgentError.self) { try AgentMessages.identities(in: answer + [0]) }
    }

    @Test(arguments: [1_001, 0x7fff_ffff, 0xffff_ffff]) func tooManyKeysAreRefused(count: Int) {
        #expect(throws: AgentError.nonsense("it claims to have \(count) keys")) {
            try AgentMessages.identities(in: list([], count: count))
        }
    }

    @Test(arguments: [5, 28, 102] as [UInt8]) func refusalsAreTold(kind: UInt8) throws {
        let key = try MadeUpKeys.publicKey("ssh-ed25519")
        #expect(throws: AgentError.refused) { try AgentMessages.identities(in: [kind]) }
        #expect(throws: AgentError.refused) { try AgentMessages.signature(in: [kind], by: key) }
    }

    @Test func aSignatureIsRead() throws {
        let key = try MadeUpKeys.publicKey("ssh-ed25519")
        let answer = signature("ssh-ed25519", [1, 2, 3])
        #expect(try AgentMessages.signature(in: answer, by: key) == Array(answer.dropFirst(5)))
    }

    @Test func whatIsNoSignatureByThatKeyIsRefused() throws {
        let key = try MadeUpKeys.publicKey("ssh-ed25519")
        let good = signature("ssh-ed25519", [1, 2, 3])
        var answers = (0..<good.count).map { Array(good[..<$0]) }
        answers += [
            good + [0], signature("ssh-rsa", [1]), signature("ssh-ed25519", []), signature("", [1]),
            signature("ssh-ed25519", [UInt8](repeating: 1, count: 20_000)), list([]), [14, 0xff, 0xff, 0xff, 0xff],
        ]
        for answer in answers {
            #expect(throws: AgentError.self) { try AgentMessages.signature(in: answer, by: key) }
        }
    }

    @Test func requestsAreAsTheProtocolHasThem() throws {
        #expect(AgentMessages.identitiesWanted == [0, 0, 0, 1, 11])
        let key = try MadeUpKeys.publicKey("ssh-ed25519", 8)
        let request = AgentMessages.signatureWanted(of: [7, 7], by: key)
        var fields = SSHFields(request[...])
        #expect(fields.number() == request.count - 4)
        #expect(fields.byte() == 13)
        #expect(fields.string().map(Array.init) == key.blob)
        #expect(fields.string().map(Array.init) == [7, 7])
        #expect(fields.number() == 0)
        #expect(fields.isAtEnd)
    }
}
