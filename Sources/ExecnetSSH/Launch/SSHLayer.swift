//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore

/// A part of the way to a session, each with a limit of its own.
enum SSHLayer: Sendable {
    case handshake, authentication, session
    /// To the next host.
    case tunnel

    /// What it was that took too long.
    private var work: String {
        switch self {
        case .handshake: "did not prove its identity"
        case .authentication: "did not let us log in"
        case .session: "did not start the shell"
        case .tunnel: "did not connect further"
        }
    }

    private var code: GatewayError.Code {
        switch self {
        case .handshake: .handshakeTimedOut
        case .authentication: .authenticationTimedOut
        case .session: .timedOut
        case .tunnel: .connectTimedOut
        }
    }

    private var guess: String {
        switch self {
        case .tunnel: "The next host may be down, or not reachable from there."
        default: "It may be overloaded, or no SSH server."
        }
    }

    func timedOut(_ host: String, after limit: Duration, gateway: String) -> GatewayError {
        GatewayError(
            code,
            "\(host) was reached, but \(work) within \(limit). \(guess)",
            gateway: gateway
        )
    }
}
