//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Decides what is tried next with a server. Each key is offered once, and each other method is used once: a refusal is final.
struct Authenticator: Sendable {
    enum Action: Sendable {
        case key(KeyCandidate)
        /// Somebody answers the server's questions, or the password does.
        case interactive
        case password
        /// Ends up with what the server allows, or with its letting everyone in. After it there can be no keyboard-interactive in the session,
        /// by a defect of libssh2 1.10.
        case nothing
        case end(Ending)
    }

    enum Ending: Sendable, Hashable { case denied, needsOpenSSH }

    /// What came of an action.
    enum Answer: Sendable, Hashable {
        case accepted
        /// `allowed` is what the server lets go on, nil if that is not known.
        case denied(allowed: [String]?)
        /// One of several steps is done.
        case partial(allowed: [String]?)
        /// The server has not refused it, but nothing will come of it.
        case unusable(String)
    }

    /// What was given away in the course of an action.
    enum Given: Sendable, Hashable { case nothing, password, answers }

    /// What the caller can give.
    struct Means: Sendable, Hashable {
        enum Password: Sendable, Hashable { case none, known, asked }
        var password = Password.none
        /// Whether somebody answers questions.
        var hasPrompt = false
    }

    private(set) var history = AuthenticationHistory()

    private let options: SSHAuthenticationOptions
    private let means: Means
    private var keys: ArraySlice<KeyCandidate>
    private var refusedKeys = 0
    private var tried: Set<AuthenticationMethod> = []
    /// What the server has refused unseen, and may be tried when its turn comes.
    private var untimely: Set<AuthenticationMethod> = []
    private var isPasswordSpent = false

    init(_ keys: KeysAtHand, _ means: Means, _ options: SSHAuthenticationOptions, notes: [String] = []) {
        self.options = options
        self.means = means
        history.notes = notes
        history.agentObstacle = keys.agentObstacle
        var usable: [KeyCandidate] = []
        for candidate in keys.ordered(identitiesOnly: options.identitiesOnly) {
            guard let obstacle = candidate.obstacle else {
                usable.append(candidate)
                continue
            }
            history.skipped.append(
                .init(key: candidate.name, why: obstacle.why, needsOpenSSH: obstacle.needsOpenSSH)
            )
        }
        let beside = keys.files.filter { $0.hasCertificate }.map { $0.name + "-cert.pub" }
        for path in options.certificates + beside.filter({ !options.certificates.contains($0) }) {
            history.skipped.append(
                .init(key: .init(name: path), why: "libssh2 knows no certificates", needsOpenSSH: true)
            )
        }
        self.keys = usable[...]
    }

    // MARK: what is next

    mutating func next() -> Action {
        for method in options.methods where allows(method) {
            switch method {
            case .publicKey: if let key = nextKey() { return .key(key) }
            case .interactive: if canInteract { return asking(.interactive, if: means.hasPrompt) }
            case .password: if canSendPassword { return asking(.password, if: means.password == .asked) }
            case .nothing: break
            }
        }
        let isOver = tried.contains(.nothing) || history.isPartial || history.farewell != nil
        // It counts as an attempt too.
        return isOver || history.attempts.count >= options.mostKeys
            ? .end(hasWayOut ? .needsOpenSSH : .denied) : .nothing
    }

    /// Whether the server may take it, as far as is known.
    private func allows(_ method: AuthenticationMethod) -> Bool {
        history.farewell == nil && history.allowed?.contains(method.rawValue) ?? true
    }

    private mutating func nextKey() -> KeyCandidate? {
        guard refusedKeys < options.mostKeys else {
            let why = "\(refusedKeys) keys were refused, and servers hang up on those who try many"
            history.skipped += keys.map { .init(key: $0.name, why: why) }
            keys = []
            return nil
        }
        return keys.popFirst()
    }

    private var canInteract: Bool {
        guard !tried.contains(.interactive), !tried.contains(.nothing) else { return false }
        // A known password goes where passwords are wanted: it may not be what the questions are about.
        if canSendPassword, options.methods.contains(.password), allows(.password) {
            if history.allowed != nil || means.hasPrompt { return false }
        }
        return means.hasPrompt || hasPassword
    }

    private var canSendPassword: Bool { !tried.contains(.password) && hasPassword }

    private var hasPassword: Bool { means.password != .none && !isPasswordSpent }

    /// Nobody is asked for what a key could do that OpenSSH has.
    private func asking(_ action: Action, if asks: Bool) -> Action {
        asks && hasWayOut && !history.isPartial ? .end(.needsOpenSSH) : action
    }

    private var hasWayOut: Bool {
        let isOfUse = options.methods.contains(.publicKey) && history.allowed?.contains("publickey") ?? true
        return options.mayNeedOpenSSH && isOfUse && history.skipped.contains { $0.needsOpenSSH }
    }

    // MARK: what came of it

    mutating func ended(_ action: Action, _ answer: Answer, given: Given = .nothing) {
        guard let (method, subject) = action.methodAndSubject else { return }
        if case .denied(let allowed?) = answer, isUntimely(method, given, allowed) {
            if case .key(let key) = action { keys = [key] + keys }
            history.attempts.append(.init(subject: subject, outcome: .notAllowed))
            history.allowed = allowed
            return
        }
        if method != .publicKey { tried.insert(method) }
        if given == .password { isPasswordSpent = true }
        history.attempts.append(.init(subject: subject, outcome: outcome(answer)))
        switch answer {
        case .denied(let allowed):
            if case .key = action { refusedKeys += 1 }
            history.allowed = allowed ?? history.allowed
        case .partial(let allowed): history.allowed = allowed ?? history.allowed
        case .accepted, .unusable: break
        }
    }

    /// Whether a server has refused a method because it is not that one's turn, rather than what was sent. A method has one such excuse.
    private mutating func isUntimely(_ method: AuthenticationMethod, _ given: Given, _ allowed: [String]) -> Bool {
        guard method != .nothing, !allowed.contains(method.rawValue) else { return false }
        // Who asks and then refuses has looked at the answers.
        guard method != .interactive || given == .nothing else { return false }
        return untimely.insert(method).inserted
    }

    /// The server has ended the connection.
    mutating func left(_ farewell: String) { history.farewell = farewell }

    private func outcome(_ answer: Answer) -> AuthenticationHistory.Outcome {
        switch answer {
        case .accepted: .accepted
        case .denied: .denied
        case .partial: .partial
        case .unusable(let why): .unusable(why)
        }
    }
}

extension Authenticator.Action {
    /// How it is named in the history; nil at the end.
    fileprivate var methodAndSubject: (AuthenticationMethod, AuthenticationHistory.Subject)? {
        switch self {
        case .key(let key): (.publicKey, .key(key.name))
        case .interactive: (.interactive, .interactive)
        case .password: (.password, .password)
        case .nothing: (.nothing, .nothing)
        case .end: nil
        }
    }
}
