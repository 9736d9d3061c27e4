//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore

/// What the OpenSSH client failed with, as far as what it printed tells.
struct SSHClientFailure: Sendable, Hashable, CustomStringConvertible {
    enum Kind: Sendable, Hashable {
        /// A file or an argument that it does not take.
        case configuration
        case nameNotResolved
        case connectionRefused
        case connectTimedOut
        case unreachable
        /// A jump host or ProxyCommand gave no connection.
        case proxyFailed
        case tunnelRefused
        /// Before the server's version.
        case closedEarly
        /// No SSH server, or one of the first protocol.
        case stranger
        case handshakeTimedOut
        case noCommonAlgorithm
        case hostKeyUnknown
        case hostKeyChanged
        case hostKeyRevoked
        /// For a reason that a jump host's client, say, did not print.
        case hostKeyRefused
        case denied
        /// The server takes no more keys before it has seen the right one.
        case tooManyFailures
        case sessionRefused
        /// After the server's version.
        case connectionClosed
        case serverSilent
        /// What came from the server cannot be understood.
        case corrupted
    }

    /// The status of the client where it is not that of the command.
    static let ownStatus: Int32 = 255

    let kind: Kind
    /// The line that tells.
    let line: String
    /// What it quotes: the server's algorithms, or the methods that the server would take.
    let offer: [String]

    /// Nil if the client did not fail, or says nothing that is known here: the command too can end with 255.
    init?(status: Int32, standardError: [String]) {
        guard status == SSHClientFailure.ownStatus else { return nil }
        let lines = standardError.map(SSHClientFailure.trimmed)
        for (pattern, kind) in SSHClientFailure.table {
            for line in lines {
                guard let found = pattern.match(line) else { continue }
                let (kind, line) = SSHClientFailure.refined(kind, line, lines)
                self.kind = kind
                self.line = line
                offer = [.noCommonAlgorithm, .denied].contains(kind) ? found.last?.commaSeparated ?? [] : []
                return
            }
        }
        return nil
    }

    /// The client ends its lines with carriage returns too.
    private static func trimmed(_ line: String) -> String {
        String(decoding: line.utf8.reversed().drop { $0 <= 0x20 }.reversed(), as: UTF8.self)
    }

    /// All lines that end the client, those before that say more of the cause. Each has to be the client's own whole line: commands
    /// too print "Permission denied".
    private static let table: [(LinePattern, Kind)] = [
        ("*: line *: Bad configuration option: *", .configuration),
        ("*: terminating, * bad configuration options", .configuration),
        ("command-line line *: *", .configuration),
        ("Can't open user config file *", .configuration),
        ("Bad owner or permissions on *", .configuration),
        ("hostname contains invalid characters", .configuration),
        ("remote username contains invalid characters", .configuration),
        ("Bad port '*'", .configuration),
        ("unknown option -- *", .configuration),
        ("Cannot execute command-line and remote command.", .configuration),
        ("jumphost loop via *", .configuration),

        ("ssh: Could not resolve hostname *: *", .nameNotResolved),
        ("ssh: connect to host * port *: Connection refused", .connectionRefused),
        ("ssh: connect to host * port *: Connection timed out", .connectTimedOut),
        ("ssh: connect to host * port *: Operation timed out", .connectTimedOut),
        ("ssh: connect to host * port *: *", .unreachable),

        ("Connection timed out during banner exchange", .handshakeTimedOut),
        ("kex_exchange_identification: banner line contains invalid characters", .stranger),
        ("kex_exchange_identification: banner line too long", .stranger),
        ("kex_exchange_identification: No SSH version received in first * lines from server", .stranger),
        ("Protocol major versions differ: *", .stranger),
        ("Unable to negotiate with * port *: no matching * found. Their offer: *", .noCommonAlgorithm),
        ("Bad packet length *.", .corrupted),
        ("ssh_dispatch_run_fatal: Connection to * port *: *", .corrupted),
        ("Host key verification failed.", .hostKeyRefused),

        ("Received disconnect from * port *: Too many authentication failures", .tooManyFailures),
        ("*@*: Permission denied (*).", .denied),

        // What follows from these is printed too, so they come late.
        ("stdio forwarding failed", .tunnelRefused),
        ("channel *: open failed: *", .sessionRefused),
        ("exec request failed on channel *", .sessionRefused),
        ("shell request failed on channel *", .sessionRefused),
        ("Timeout, server * not responding.", .serverSilent),
        ("kex_exchange_identification: *", .closedEarly),
        ("ssh_exchange_identification: *", .closedEarly),
        ("Received disconnect from * port *: *", .connectionClosed),
        ("Connection closed by * port *", .connectionClosed),
        ("Connection reset by * port *", .connectionClosed),
        ("Connection to * closed by remote host.", .connectionClosed),
        ("Connection to * port * timed out", .connectionClosed),
        ("client_loop: send disconnect: *", .connectionClosed),
        ("packet_write_wait: Connection to * port *: *", .connectionClosed),
        ("banner exchange: Connection to * port *: *", .stranger),
    ].map { (LinePattern($0), $1) }

    /// What other lines add.
    private static func refined(_ kind: Kind, _ line: String, _ lines: [String]) -> (Kind, String) {
        func first(_ pattern: String) -> String? {
            let pattern = LinePattern(pattern)
            return lines.first { pattern.match($0) != nil }
        }
        switch kind {
        case .configuration:
            // Of a file it says last how many there are, and before what is wrong.
            return (kind, LinePattern("*: terminating, *").match(line) == nil ? line : first("* line *: *") ?? line)
        case .hostKeyRefused:
            // If it only warns of a change it goes on.
            if let line = first("* host key for * was revoked *") ?? first("Host key * revoked by file *") {
                return (.hostKeyRevoked, line)
            }
            if let line = first("Host key for * has changed and you have requested strict checking.") {
                return (.hostKeyChanged, line)
            }
            if first("@*WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!*@") != nil { return (.hostKeyChanged, line) }
            if let line = first("No * host key is known for *") { return (.hostKeyUnknown, line) }
            return (kind, line)
        case .tunnelRefused:
            return (kind, first("channel *: open failed: *") ?? line)
        case .closedEarly where first("Connection closed by UNKNOWN port *") != nil:
            // Its own words, if it has any, are its first.
            return (.proxyFailed, lines.first ?? line)
        default:
            return (kind, line)
        }
    }
}

extension SSHClientFailure {
    var code: GatewayError.Code {
        switch kind {
        case .configuration: .invalidSpec
        case .nameNotResolved: .nameNotResolved
        case .connectionRefused: .connectionRefused
        case .connectTimedOut: .connectTimedOut
        case .unreachable: .hostUnreachable
        case .proxyFailed: .launchFailed
        case .tunnelRefused: .tunnelRefused
        case .closedEarly: .serverClosedEarly
        case .stranger, .corrupted: .protocolViolation
        case .handshakeTimedOut: .handshakeTimedOut
        case .noCommonAlgorithm: .noCommonAlgorithm
        case .hostKeyUnknown, .hostKeyRefused: .hostKeyUnknown
        case .hostKeyChanged: .hostKeyChanged
        case .hostKeyRevoked: .hostKeyRevoked
        case .denied, .tooManyFailures: .authenticationDenied
        case .sessionRefused: .sessionRefused
        case .connectionClosed: .connectionLost
        case .serverSilent: .heartbeatMissed
        }
    }

    /// What went wrong and what to do.
    var description: String {
        // Some of its lines end with a full stop, and some do not.
        "The OpenSSH client failed: \(line)\(line.utf8.last == UInt8(ascii: ".") ? "" : ".") \(remedy)"
    }

    private var remedy: String {
        switch kind {
        case .proxyFailed: "Check the ProxyCommand or the jump hosts of the configuration."
        case .tooManyFailures:
            "Name the right key by identity=, with IdentitiesOnly yes, so that no others are offered before."
        case .hostKeyRefused: "Record the key of each host on the way; ssh to it by hand asks whether to."
        // No word of sshcmd= and hostkey=, which the client is and cannot do.
        case .noCommonAlgorithm: "Allow one of the server's in ssh_config, or another one on the server."
        case .hostKeyUnknown:
            "Compare the host's fingerprint with the administrator's, and record the key in known_hosts."
        default: code.remedy
        }
    }
}
