//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// How a server of a test differs from one that lets its one user in with one key.
package struct SSHServerOptions: Sendable {
    /// Lines of sshd_config, in place of those that it would have of the same keyword.
    package var lines: [String]
    /// Its own keys, in the order in which it offers them.
    package var hostKeys: [SSHKey.Kind] = [.ed25519]
    /// Kind of the user's key.
    package var clientKey = SSHKey.Kind.ed25519
    /// Options before that key in authorized_keys, such as `command="..."`.
    package var keyOptions = ""
    /// Login shell of the user.
    package var shell = "/bin/sh"
    /// Password of the user; none is taken if this is nil.
    package var password: String?
    /// Variables that sessions get besides `HOME`.
    package var environment: [String: String] = [:]
    /// What the user is asked one after the other, as keyboard-interactive: the right answers.
    package var answers: [String] = []

    package init(_ lines: String...) { self.lines = lines }

    /// New keys of the session after each megabyte.
    package static let rekeying = SSHServerOptions("RekeyLimit 1M")
    package static let oneSession = SSHServerOptions("MaxSessions 1")
    /// Forwards connections only.
    package static let noSession = SSHServerOptions("MaxSessions 0")
    /// Takes no connection more while one is not authenticated.
    package static let crowded = SSHServerOptions("MaxStartups 1:100:1")
    package static let forcedCommand = SSHServerOptions("ForceCommand echo this account may do nothing")
    package static let noForwarding = SSHServerOptions("AllowTcpForwarding no")
    /// Waits two seconds for authentication.
    package static let impatient = SSHServerOptions("LoginGraceTime 2")
    /// What libssh2 1.10 has no common algorithm with, by kind of algorithm.
    package static let onlyGCM = SSHServerOptions("Ciphers aes256-gcm@openssh.com")
    package static let onlyEncryptThenMAC = SSHServerOptions(
        "Ciphers aes128-ctr",
        "MACs hmac-sha2-256-etm@openssh.com"
    )
    package static let onlyPostQuantum = SSHServerOptions("KexAlgorithms sntrup761x25519-sha512@openssh.com")

    package static var onlyRSA: SSHServerOptions {
        var options = SSHServerOptions()
        options.hostKeys = [.rsa]
        return options
    }

    package static var noLogin: SSHServerOptions {
        var options = SSHServerOptions()
        options.shell = "/usr/sbin/nologin"
        return options
    }
}
