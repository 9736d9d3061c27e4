//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore

/// Why what a server sent is not the beginning of SSH, or ended too soon.
enum PrefaceError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Something else listens on that port.
    enum Stranger: Sendable, Hashable {
        case webServer
        case tls
        case unknown
    }

    /// How far it had come.
    enum Stage: Sendable, Hashable {
        case beforeVersion
        case beforeAlgorithms
    }

    case stranger(Stranger, said: [String])
    case lineTooLong
    case tooManyLines(said: [String])
    case versionTooLong
    case badVersion(String)
    /// A protocol of SSH that is not the second.
    case protocolVersion(String)
    case packetSize(UInt32)
    case padding
    /// A message that has no place there.
    case unexpectedMessage(UInt8)
    case tooManyPackets
    case badKeyExchange
    /// The server gave a reason.
    case disconnected(code: UInt32, String)
    case ended(Stage, said: [String])

    /// Whether the server may well take the next connection: it refuses some while it has too many.
    var isOverload: Bool {
        guard case .ended(.beforeVersion, let said) = self else { return false }
        return said.contains { $0.utf8.starts(with: "Exceeded MaxStartups".utf8) }
    }

    var code: GatewayError.Code {
        switch self {
        case .ended, .disconnected: .serverClosedEarly
        default: .protocolViolation
        }
    }

    /// What went wrong and what to do.
    var description: String {
        switch self {
        case .stranger(.webServer, let said):
            "This is no SSH server but a web server\(quote(said)). Check the port."
        case .stranger(.tls, _):
            "This is no SSH server: it speaks TLS. Check the port, or go through a ProxyCommand that does TLS."
        case .stranger(.unknown, let said):
            "This is no SSH server: it sent bytes that are neither text nor SSH\(quote(said)). Check the port."
        case .lineTooLong:
            """
            This is no SSH server: it sent a line of more than \(PrefaceLimit.lineSize) bytes before any \
            version. Check the port.
            """
        case .tooManyLines(let said):
            """
            This is no SSH server: it sent more than \(PrefaceLimit.lines) lines before any \
            version\(quote(said)). Check the port.
            """
        case .versionTooLong:
            "The server's version has more than \(PrefaceLimit.versionSize) bytes, which SSH does not allow."
        case .badVersion(let line):
            "The server's version cannot be read: \"\(line)\"."
        case .protocolVersion(let version):
            "The server speaks version \(version) of the protocol SSH; 2.0 is needed. It has to be updated."
        case .packetSize(let size):
            """
            The server's first packet says that it has \(size) bytes, which cannot be. Something between here \
            and there may have changed it.
            """
        case .padding:
            "The server's first packet is malformed: its padding has a wrong size."
        case .unexpectedMessage(let number):
            "The server sent message \(number) before it said which algorithms it has."
        case .tooManyPackets:
            "The server sent more than \(PrefaceLimit.emptyPackets) messages before it said which algorithms it has."
        case .badKeyExchange:
            "The server's list of algorithms is malformed."
        case .disconnected(let code, let text):
            "The server refused the connection with reason \(code): \"\(text)\"."
        case .ended(.beforeVersion, let said) where isOverload:
            """
            The server has too many connections that are not logged in yet\(quote(said)). Try again later, or \
            have MaxStartups raised in its sshd_config.
            """
        case .ended(.beforeVersion, let said) where said.isEmpty:
            """
            The server closed the connection before it said anything. Its firewall or configuration may not allow this machine, or it has \
            too many connections.
            """
        case .ended(.beforeVersion, let said):
            "The server closed the connection before its version\(quote(said))."
        case .ended(.beforeAlgorithms, _):
            "The server closed the connection after its version. Its log says why."
        }
    }

    private func quote(_ said: [String]) -> String {
        guard !said.isEmpty else { return "" }
        return ": it said \"\(said.prefix(3).joined(separator: " / "))\"" + (said.count > 3 ? " and more" : "")
    }
}
