//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The criteria of a `Match` line.
struct SSHConfigMatch {
    /// What the criteria are compared with.
    struct Subject {
        /// The host to connect to, as far as it is known yet.
        let host: String
        let originalHost: String
        let user: String
        let localUser: String
        let tag: String
        let isFinalPass: Bool
    }

    private(set) var isMatched = true
    /// Whether there is a criterion that only a second reading of the files can meet.
    private(set) var wantsFinalPass = false
    /// The criterion that was not evaluated, so that nothing matched.
    private(set) var unevaluated: String?

    /// - Parameters:
    ///   - command: What `exec` runs, with its tokens replaced.
    ///   - exec: Whether a command succeeds; nil if none may be run.
    init(
        _ line: SSHConfigLine,
        _ subject: Subject,
        at place: SSHConfigPlace,
        command: (String) throws(SSHConfigError) -> String,
        exec: ((String) -> Bool)?
    ) throws(SSHConfigError) {
        var words = SSHConfigWords(line.rest)
        var count = 0
        while let word = words.next(), !word.isEmpty {
            if word.isComment {
                words = SSHConfigWords([])
                break
            }
            let isNegated = word.utf8.first == UInt8(ascii: "!")
            let criterion = (isNegated ? String(word.dropFirst()) : word).asciiLowercased
            if criterion == "all" {
                let next = words.next() ?? ""
                guard count <= 1, next.isEmpty || next.isComment else {
                    throw SSHConfigError(.badMatch, "all goes with no other criterion", at: place)
                }
                if isNegated { isMatched = false }
                return
            }
            count += 1
            if criterion == "canonical" || criterion == "final" {
                if criterion == "final" { wantsFinalPass = true }
                if subject.isFinalPass == isNegated { isMatched = false }
                continue
            }
            guard let argument = words.next(), !argument.isEmpty, !argument.isComment else {
                throw SSHConfigError(.badMatch, "the criterion \(criterion) has no argument", at: place)
            }
            try look(at: criterion, argument, isNegated, subject, place, command, exec)
        }
        guard count > 0 else { throw SSHConfigError(.badMatch, "there is no criterion", at: place) }
        guard words.rest.isEmpty else { throw SSHConfigError(.badMatch, "there is something after the end", at: place) }
    }

    private mutating func look(
        at criterion: String,
        _ argument: String,
        _ isNegated: Bool,
        _ subject: Subject,
        _ place: SSHConfigPlace,
        _ command: (String) throws(SSHConfigError) -> String,
        _ exec: ((String) -> Bool)?
    ) throws(SSHConfigError) {
        func isListed(_ text: String, ignoringCase: Bool) -> Bool {
            PatternList(argument, ignoringCase: ignoringCase).matches(text.utf8)
        }
        let isMet: Bool
        switch criterion {
        case "host": isMet = isListed(subject.host, ignoringCase: true)
        case "originalhost": isMet = isListed(subject.originalHost, ignoringCase: true)
        case "user": isMet = isListed(subject.user, ignoringCase: false)
        case "localuser": isMet = isListed(subject.localUser, ignoringCase: false)
        case "tagged": isMet = isListed(subject.tag, ignoringCase: false)
        case "exec":
            let line = try command(argument)
            // Nothing is run for a block that cannot apply any more.
            guard isMatched else { return }
            guard let exec else { return leaveUnevaluated(criterion) }
            isMet = exec(line)
        // Of later versions of OpenSSH.
        case "localnetwork", "command", "sessiontype", "version": return leaveUnevaluated(criterion)
        default: throw SSHConfigError(.badMatch, "the criterion \(criterion) is not known", at: place)
        }
        if isMet == isNegated { isMatched = false }
    }

    private mutating func leaveUnevaluated(_ criterion: String) {
        if isMatched { unevaluated = unevaluated ?? criterion }
        isMatched = false
    }
}

extension String {
    fileprivate var isComment: Bool { utf8.first == UInt8(ascii: "#") }
}
