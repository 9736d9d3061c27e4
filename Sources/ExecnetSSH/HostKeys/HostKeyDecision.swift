//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What to do about a host's key.
enum HostKeyDecision: Sendable, Hashable {
    case accept
    /// Accept it although nobody can say whose it is; the warning is for the log.
    case acceptUnchecked(warning: String)
    /// Accept it and write it down.
    case acceptAndRecord
    /// Only an answer tells; see ``HostKeyCheck/decision(answer:)``.
    case ask(HostKeyQuestion)
    case refuse(HostKeyRefusal)
}

/// A host with the key that it presents, and what is recorded about that.
struct HostKeyCheck: Sendable, Hashable {
    let name: HostName
    let key: HostKey
    let verdict: HostKeyVerdict
    /// Where a new key is written, or would be.
    let file: String

    /// What a policy says, without asking anybody.
    func decision(_ policy: HostKeyPolicy) -> HostKeyDecision {
        switch (policy, verdict) {
        case (.insecure, _):
            .acceptUnchecked(
                warning: """
                    The host key of \(name) is accepted unchecked (\(key.type) \(key.fingerprint)): whoever is in between can read and \
                    change everything.
                    """
            )
        case (_, .revoked(let file, let line)): refusal(.revoked(file: file, line: line))
        case (.pinned(let pinned), _): key.fingerprint == pinned ? .accept : refusal(.notThePinned(pinned))
        case (_, .match): .accept
        case (_, .changed(let file, let line, let recorded)):
            refusal(.changed(file: file, line: line, recorded: recorded))
        case (_, .authorityOnly): refusal(.authorityOnly)
        // To OpenSSH this is a changed key too: whoever pretends to be the host can choose which type to show.
        case (_, .unknown(let types)) where !types.isEmpty: refusal(.otherTypes(types))
        case (.acceptNew, .unknown): .acceptAndRecord
        case (.ask, .unknown): .ask(question)
        case (.strict, .unknown): refusal(.unknown)
        }
    }

    /// What follows from the answer to a question.
    func decision(answer isAccepted: Bool) -> HostKeyDecision {
        isAccepted ? decision(.acceptNew) : refusal(.declined)
    }

    /// What a policy says, after asking whom it wants asked. Never ``HostKeyDecision/ask(_:)``.
    func settled(_ policy: HostKeyPolicy) async -> HostKeyDecision {
        let decision = self.decision(policy)
        guard case .ask(let question) = decision, case .ask(let callback) = policy else { return decision }
        return self.decision(answer: await callback(question))
    }

    private func refusal(_ reason: HostKeyRefusal.Reason) -> HostKeyDecision {
        .refuse(HostKeyRefusal(name: name, key: key, reason: reason, file: file))
    }

    private var question: HostKeyQuestion {
        HostKeyQuestion(host: name.host, port: name.port, keyType: key.type, fingerprint: key.fingerprint)
    }
}
