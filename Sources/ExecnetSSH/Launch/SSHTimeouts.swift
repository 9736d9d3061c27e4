//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// How long each layer of a gateway over ssh may take to come about. Reaching the agent then takes up to the configuration's `openTimeout`.
public struct SSHTimeouts: Sendable, Hashable {
    /// To connect, all addresses of the host together.
    public var connect: Duration = .seconds(10)
    /// From the connection to the server's proof of its identity.
    public var handshake: Duration = .seconds(15)
    /// To log in, without the time in which a user is asked. The server sets a limit too, usually two minutes for all of it.
    public var authentication: Duration = .seconds(30)
    /// To start the shell, once logged in; for a host to go through, to have it connect further.
    public var session: Duration = .seconds(15)

    /// The defaults.
    public init() {}
}
