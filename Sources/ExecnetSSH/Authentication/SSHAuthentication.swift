//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSSH

/// Logs in to a server: does what an ``Authenticator`` says, in a session that has shaken hands.
///
/// Who has the session ends it, to give up: that ends each wait for the server, and cancels the callbacks.
struct SSHAuthentication: Sendable {
    let session: SSHSession
    let user: String
    let options: SSHAuthenticationOptions
    let credentials: SSHCredentials
    /// Told true when it begins to wait for somebody who is not the server, and false at the end of that: no limit for the server runs meanwhile.
    var onWaiting: @Sendable (Bool) -> Void = { _ in }

    /// Throws ``SSHFailure`` if the connection is lost.
    func run() async throws -> SSHAuthenticationOutcome {
        var authenticator = try await authenticator()
        while true {
            let action = authenticator.next()
            if case .end(let ending) = action { return outcome(ending, authenticator.history) }
            do {
                let (answer, given) = try await perform(action)
                authenticator.ended(action, answer, given: given)
                if answer == .accepted { return .authenticated(authenticator.history) }
            } catch let failure as SSHFailure {
                // "Too many authentication failures": that was an answer too, and OpenSSH's client may still be a way out.
                guard failure.code == SSHCode.disconnected, !authenticator.history.attempts.isEmpty else {
                    throw failure
                }
                authenticator.ended(action, .unusable("not answered"))
                authenticator.left(session.buffers.farewell ?? "")
            }
        }
    }

    private func outcome(
        _ ending: Authenticator.Ending,
        _ history: AuthenticationHistory
    ) -> SSHAuthenticationOutcome {
        switch ending {
        case .denied: .denied(history)
        case .needsOpenSSH: .needsOpenSSH(history.skipped.filter(\.needsOpenSSH), history)
        }
    }

    private func perform(_ action: Authenticator.Action) async throws -> (Authenticator.Answer, Authenticator.Given) {
        switch action {
        case .key(let candidate):
            switch candidate.signer {
            case .agent(let identity): (try await sign(by: identity), .nothing)
            case .file(let file, let passphrase): (try await sign(by: file, passphrase), .nothing)
            }
        case .password: try await sendPassword()
        case .interactive: try await interact()
        case .nothing: (try await list(), .nothing)
        case .end: (.unusable("nothing is left"), .nothing)
        }
    }

    // MARK: answers of the server

    /// What a call's result says, in which the server was asked.
    func answer(_ result: Int32) throws -> Authenticator.Answer {
        guard result != 0 else { return .accepted }
        let denial = session.call { handle -> Authenticator.Answer? in
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
                var isPartial = false
                guard let start = buffer.baseAddress,
                    execnet_ssh_denial(handle, start, buffer.count, &isPartial)
                else { return nil }
                let allowed = SSHAuthentication.names(in: String(cString: start))
                return isPartial ? .partial(allowed: allowed) : .denied(allowed: allowed)
            }
        }
        if let denial = denial ?? nil { return denial }
        switch result {
        case SSHCode.denied: return .denied(allowed: nil)
        case SSHCode.disconnected, SSHCode.transportEnded, SSHCode.timedOut: throw session.failure(result)
        default: return .unusable("libssh2 failed (\(session.failure(result).description))")
        }
    }

    /// Names of methods, with commas between them.
    private static func names(in list: String) -> [String] {
        list.utf8.split(separator: UInt8(ascii: ",")).map { SSHText.printable($0) }
    }

    private func list() async throws -> Authenticator.Answer {
        let result = await session.settled { handle -> SSHCall<[String]> in
            withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: 1) { methods in
                methods.initialize(repeating: nil)
                switch SSHCall<Int32>(execnet_ssh_list(handle, user, methods.baseAddress)) {
                case .done(0): return .done([])
                case .done: return .done(SSHAuthentication.names(in: methods[0].map { String(cString: $0) } ?? ""))
                case .again: return .again
                case .failed(let code): return .failed(code)
                }
            }
        }
        switch result {
        case .success(let names): return names.isEmpty ? .accepted : .denied(allowed: names)
        case .failure(let failure): return try answer(failure.code)
        }
    }

    // MARK: waiting for others

    /// Waits for somebody else than the server. Throws if the session ends first.
    ///
    /// Nothing here may call libssh2: a call of its own may be what waits (``InteractiveLogin``).
    func waiting<R: Sendable>(for work: @escaping @Sendable () async -> R) async throws -> R {
        onWaiting(true)
        defer { onWaiting(false) }
        guard let result = await session.result(of: work) else {
            throw SSHFailure(SSHCode.transportEnded, "the session is over")
        }
        return result
    }
}
