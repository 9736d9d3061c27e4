//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What was tried with a server, and what was not: for errors, which say all of it. Nothing of it is secret.
struct AuthenticationHistory: Sendable, Hashable, CustomStringConvertible {
    /// A key as people know it.
    struct Key: Sendable, Hashable, CustomStringConvertible {
        /// Its file, the caller's name for it, or the agent's comment.
        var name: String
        /// Nil if only who has the passphrase can tell.
        var key: PublicKey?
        var isOfAgent = false

        var description: String {
            let place = isOfAgent ? "\(name), of the agent" : name
            return key.map { "\($0.type) \($0.fingerprint) (\(place))" } ?? place
        }
    }

    enum Subject: Sendable, Hashable, CustomStringConvertible {
        case key(Key)
        case password, interactive, nothing

        var description: String {
            switch self {
            case .key(let key): "publickey \(key)"
            case .password: "password"
            case .interactive: "keyboard-interactive"
            case .nothing: "none"
            }
        }
    }

    enum Outcome: Sendable, Hashable, CustomStringConvertible {
        case accepted
        /// Right, but more is wanted.
        case partial
        case denied
        /// The server did not look at it: this method's turn may come, or not.
        case notAllowed
        /// Nothing came of it: why.
        case unusable(String)

        var description: String {
            switch self {
            case .accepted: "accepted"
            case .partial: "accepted as one of several steps"
            case .denied: "denied"
            case .notAllowed: "not allowed"
            case .unusable(let why): why
            }
        }
    }

    struct Attempt: Sendable, Hashable {
        var subject: Subject
        var outcome: Outcome
    }

    /// What was left out.
    struct Skipped: Sendable, Hashable {
        var key: Key
        var why: String
        /// Whether OpenSSH's client could use it.
        var needsOpenSSH = false
    }

    /// In order.
    var attempts: [Attempt] = []
    var skipped: [Skipped] = []
    /// Other obstacles: an agent that does not answer, say.
    var notes: [String] = []
    /// Why the agent has no part in it; nil if it has, or is not asked for any.
    var agentObstacle: String?
    /// What the server said last that may go on; nil if it has not said.
    var allowed: [String]?
    /// The server's words, if it ended the connection.
    var farewell: String?

    /// Whether the server has accepted something, and wants more.
    var isPartial: Bool { attempts.contains { $0.outcome == .partial } }

    /// Whether the server has looked at a key and did not take it. Such a key must not be offered again, by OpenSSH's client either.
    var hasRefusedKeys: Bool {
        attempts.contains { attempt in if case .key = attempt.subject { attempt.outcome == .denied } else { false } }
    }

    /// All of it in one line.
    var description: String {
        var parts = attempts.map { "\($0.subject): \($0.outcome)" }
        parts += skipped.map { "not used: \($0.key): \($0.why)" }
        parts += notes
        if let agentObstacle { parts.append(agentObstacle) }
        if let allowed { parts.append("the server allows: \(allowed.joined(separator: ", "))") }
        if let farewell { parts.append("the server ended the connection\(farewell.isEmpty ? "" : ": \(farewell)")") }
        return parts.joined(separator: "; ")
    }
}

/// How logging in ended.
enum SSHAuthenticationOutcome: Sendable, Hashable {
    case authenticated(AuthenticationHistory)
    case denied(AuthenticationHistory)
    /// All that is left are keys that only OpenSSH's client can use.
    case needsOpenSSH([AuthenticationHistory.Skipped], AuthenticationHistory)

    var history: AuthenticationHistory {
        switch self {
        case .authenticated(let history), .denied(let history), .needsOpenSSH(_, let history): history
        }
    }
}
