//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What the configuration files of OpenSSH say about one destination, with everything replaced and defaults filled in.
struct SSHConfig: Sendable, Hashable {
    enum AddressFamily: String, Sendable, Hashable {
        case any
        case inet
        case inet6
    }

    enum HostKeyChecking: String, Sendable, Hashable {
        case yes
        case ask
        case acceptNew = "accept-new"
        case no
    }

    static let standardPort = 22

    /// The host as asked for.
    let originalHost: String
    /// The host to connect to: an address, or a name in lower case.
    let hostName: String
    let user: String
    let port: Int
    let addressFamily: AddressFamily
    let bindAddress: String?
    /// In seconds; 0 is the system's.
    let connectTimeout: Int?

    /// The hosts to go through, the one to connect to first. Each has a configuration of its own.
    let proxyJump: [SSHDestination]
    /// The command line of a shell that makes the connection.
    let proxyCommand: String?

    /// Under which name the host's key is known; in lower case.
    let hostKeyAlias: String?
    let userKnownHostsFiles: [String]
    let globalKnownHostsFiles: [String]
    let strictHostKeyChecking: HostKeyChecking
    let hashKnownHosts: Bool

    /// Files of private keys, in order.
    let identityFiles: [String]
    /// Whether those are the default ones, of which any may be missing.
    let hasDefaultIdentityFiles: Bool
    let identitiesOnly: Bool
    /// The socket of the ssh-agent; nil if there is none, or none is to be used.
    let agentSocket: String?
    /// Not supported here: their presence needs the OpenSSH client.
    let certificateFiles: [String]
    /// Methods in order, or nil for the usual one.
    let preferredAuthentications: [String]?
    let pubkeyAuthentication: Bool
    let passwordAuthentication: Bool
    let kbdInteractiveAuthentication: Bool
    /// Whether nothing may be asked.
    let batchMode: Bool

    let ciphers: SSHAlgorithmList?
    let macs: SSHAlgorithmList?
    let kexAlgorithms: SSHAlgorithmList?
    let hostKeyAlgorithms: SSHAlgorithmList?
    let pubkeyAcceptedAlgorithms: SSHAlgorithmList?

    /// In seconds; nil if not set, which is never, and 0 is never as well.
    let serverAliveInterval: Int?
    let serverAliveCountMax: Int?

    /// The files that were read, included ones too, in order.
    let files: [String]
    /// Options of this destination that do nothing here.
    let ignored: [SSHConfigNote]
    /// Options of this destination that only the OpenSSH client can follow, with their values.
    let needsOpenSSH: [SSHConfigNote]
    /// `Match` lines that were not evaluated, so that their blocks do not apply.
    let unevaluated: [SSHConfigNote]
}
