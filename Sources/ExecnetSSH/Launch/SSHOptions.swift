//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A machine with an SSH server, and what is to be known for logging in. All but the destination can be left to OpenSSH's configuration files.
public struct SSHOptions: Sendable, Hashable {
    /// What speaks SSH on this machine.
    public enum Client: String, Sendable, Hashable, CaseIterable {
        /// libssh2, and where that does not do, the OpenSSH client if it is installed.
        case automatic = "ssh"
        /// libssh2 only.
        case libssh2 = "ssh2"
        /// The OpenSSH client only.
        case openSSH = "sshcmd"
    }

    /// Which host keys to trust.
    public enum HostKey: Sendable, Hashable {
        /// Recorded ones.
        case strict
        /// Recorded ones; that of a host of which nothing is recorded yet is recorded.
        case acceptNew
        /// The one with this fingerprint.
        case pinned(HostKeyFingerprint)
        /// Any: whoever is in between can read and change everything.
        case insecure
    }

    /// The host, or its name in a configuration file.
    public var destination: SSHDestination
    /// What speaks SSH.
    public var client = Client.automatic
    /// Files of private keys, instead of those of the configuration.
    public var identities: [String] = []
    /// The file of known host keys, instead of those of the configuration.
    public var knownHosts: String?
    /// The hosts to go through, the first one first, instead of the configuration's way; empty for the direct one.
    public var jumps: [SSHDestination]?
    /// The configuration file instead of the user's and the system's; `none` for no file.
    public var config: String?
    /// Which host keys to trust, instead of what the configuration says.
    public var hostKey: HostKey?
    /// The socket of the ssh-agent, instead of the configuration's; `none` for no agent.
    public var agent: String?

    /// The machine as the configuration files describe it.
    public init(_ destination: SSHDestination) { self.destination = destination }

    /// With home folders in the place of `~`.
    func expanded(_ surroundings: SSHSurroundings) -> SSHOptions {
        func path(_ path: String) -> String { surroundings.expandingTilde(path) ?? path }
        var options = self
        options.identities = identities.map(path)
        options.knownHosts = knownHosts.map(path)
        options.config = config.map(path)
        options.agent = agent.map(path)
        return options
    }
}
