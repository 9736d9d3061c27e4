//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// One server to log in to, with all that is known about it beforehand.
struct SSHHop: Sendable {
    /// What the user calls it; errors do too.
    var name: String
    /// The name or address to connect to.
    var host: String
    var port: Int
    var user: String
    /// The kind of addresses to connect to.
    var addressFamily: SSHConfig.AddressFamily
    /// As known_hosts files have it.
    var hostName: HostName
    var knownHostsFiles: [String]
    /// Where a new key is written.
    var recordsTo: String
    var hashesNames: Bool
    var policy: HostKeyPolicy
    var authentication: SSHAuthenticationOptions
    /// Whether the user must not be asked anything.
    var asksNobody: Bool
    /// The command line of a shell that makes the connection, instead of a socket.
    var proxyCommand: String?
    /// What the configuration changes of the algorithms that are offered.
    var algorithms: Algorithms.Change
    /// As ServerAliveInterval and ServerAliveCountMax say it; a third of the time after which the server counts as lost.
    var heartbeat: Duration?
    var timeouts: SSHTimeouts
}
