//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A key that can be offered, and who signs with it.
struct KeyCandidate: Sendable {
    enum Signer: Sendable {
        case agent(AgentIdentity)
        /// A file's content, or the caller's.
        case file(KeyFile, passphrase: SecretBytes?)
    }

    /// As the history has it.
    var name: AuthenticationHistory.Key
    var signer: Signer

    /// A key whose private part is in a file, or in memory.
    init(_ file: KeyFile, passphrase: SecretBytes? = nil) {
        name = .init(name: file.name, key: file.text.publicKey)
        signer = .file(file, passphrase: passphrase)
    }

    /// A key of the agent's; `file` is the one that it was configured by.
    init(_ identity: AgentIdentity, file: KeyFile? = nil) {
        name = .init(name: file?.name ?? identity.comment, key: identity.key, isOfAgent: true)
        signer = .agent(identity)
    }

    /// Why it is not offered; nil if it is.
    var obstacle: KeyObstacle? {
        switch signer {
        case .agent(let identity): KeyKind(type: identity.key.type).obstacle
        case .file(let file, _): file.text.obstacle
        }
    }
}

/// All keys at hand, before it is decided which are offered.
struct KeysAtHand: Sendable {
    /// The caller's.
    var memory: [KeyCandidate] = []
    /// Those of the configuration, in its order.
    var files: [KeyFile] = []
    var agent: [AgentIdentity] = []
    /// Why the agent's are not there.
    var agentObstacle: String?

    /// The order in which they are offered: what somebody chose comes first. No key is there twice.
    func ordered(identitiesOnly: Bool) -> [KeyCandidate] {
        let held = Dictionary(agent.map { ($0.key, $0) }) { first, _ in first }
        // An agent needs no passphrase.
        var all = memory
        all += files.compactMap { file in
            file.text.publicKey.flatMap { held[$0] }.map { KeyCandidate($0, file: file) }
        }
        all += files.filter { $0.content != nil }.map { KeyCandidate($0) }
        if !identitiesOnly { all += agent.map { KeyCandidate($0) } }
        var seen: Set<PublicKey> = []
        return all.filter { candidate in candidate.name.key.map { seen.insert($0).inserted } ?? true }
    }
}
