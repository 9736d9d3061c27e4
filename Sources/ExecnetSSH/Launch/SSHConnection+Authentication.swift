//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore

extension SSHConnection {
    /// Algorithms of keys that only the OpenSSH client can use.
    private static let beyondLibssh2 = [
        "rsa-sha2-512", "rsa-sha2-256", "ssh-ed25519-cert-v01@openssh.com", "ecdsa-sha2-nistp256-cert-v01@openssh.com",
        "ecdsa-sha2-nistp384-cert-v01@openssh.com", "ecdsa-sha2-nistp521-cert-v01@openssh.com",
        "rsa-sha2-512-cert-v01@openssh.com", "rsa-sha2-256-cert-v01@openssh.com", "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    ]

    /// Logs in. While somebody is asked, the limit does not run.
    func authenticate(_ session: SSHSession, _ limit: TimeLimit) async throws {
        observer(.began(.authentication))
        let authentication = SSHAuthentication(
            session: session,
            user: hop.user,
            options: hop.authentication,
            credentials: hop.asksNobody ? credentials.withoutQuestions : credentials,
            onWaiting: { isWaiting in if isWaiting { limit.stop() } else { limit.start() } }
        )
        let outcome: SSHAuthenticationOutcome
        do {
            outcome = try await authentication.run()
        } catch let failure as SSHFailure {
            guard failure.code == SSHCode.timedOut else { throw lost(session, failure) }
            throw error(
                .authenticationTimedOut,
                "\(hop.name) did not decide within a minute, which is as long as libssh2 waits. sshcmd= waits longer."
            )
        }
        switch outcome {
        case .authenticated(let history): observer(.ended(.authentication, "\(hop.user), by \(history)"))
        case .denied(let history):
            throw error(history.code, "\(hop.name) did not let \(hop.user) in: \(history).")
        case .needsOpenSSH(let skipped, let history):
            let keys = skipped.map { "\($0.key): \($0.why)" }.joined(separator: "; ")
            throw NeedsOpenSSH(
                reason: "libssh2 cannot use keys for \(hop.name) (\(keys))",
                code: .authenticationDenied,
                // What was denied must not be offered again.
                restriction: history.hasRefusedKeys ? (hop.name, SSHConnection.beyondLibssh2) : nil
            )
        }
    }
}

extension SSHCredentials {
    /// As far as nobody has to be asked.
    fileprivate var withoutQuestions: SSHCredentials {
        var known = SSHCredentials(keys: keys)
        if case .known = password { known.password = password }
        return known
    }
}

extension AuthenticationHistory {
    /// What it is called that nobody was let in: an obstacle on this side if the server was shown nothing.
    fileprivate var code: GatewayError.Code {
        let shown = attempts.filter { $0.subject != .nothing }
        guard shown.allSatisfy(\.isUnusable) else { return .authenticationDenied }
        if agentObstacle != nil { return .agentUnavailable }
        return shown.isEmpty && notes.isEmpty ? .authenticationDenied : .keyUnusable
    }
}

extension AuthenticationHistory.Attempt {
    fileprivate var isUnusable: Bool { if case .unusable = outcome { true } else { false } }
}
