//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// A host to log in to: `[user@]host[:port]`.
public struct SSHDestination: Sendable, Hashable, CustomStringConvertible {
    /// A name of the network or of a `Host` block, or an address.
    public let host: String
    /// The user's name there; nil leaves it to the configuration.
    public let user: String?
    /// The port of the server; nil leaves it to the configuration.
    public let port: Int?

    /// Why a text is no destination. Says nothing of a password that stands in it.
    public enum Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// There is a password after the user's name.
        case password
        /// There is nothing before the `@`.
        case emptyUser
        /// There is no host.
        case emptyHost
        /// The user's name has characters that a shell would take for its own, or begins with `-`.
        case user
        /// The host has such characters or begins with `-`.
        case host
        /// The port is not a number between 1 and 65535.
        case port
        /// There are several colons, but it is no address of IPv6; or its bracket is not closed.
        case address

        /// What is wrong and how it is written right.
        public var description: String {
            switch self {
            case .password: "a password has no place in a destination; use a key, or give it as a credential"
            case .emptyUser: "there is no user's name before the @"
            case .emptyHost: "there is no host"
            case .user: "the user's name has characters that names cannot have"
            case .host: "the host's name has characters that names cannot have"
            case .port: "the port must be a number from 1 to 65535"
            case .address: "an address of IPv6 is written ::1, or [::1]:22 with a port"
            }
        }
    }

    /// A destination from its parts.
    public init(host: String, user: String? = nil, port: Int? = nil) throws(Failure) {
        guard !host.isEmpty else { throw .emptyHost }
        guard SSHDestination.isHarmless(host: host) else { throw .host }
        if host.utf8.contains(UInt8(ascii: ":")) {
            guard SSHDestination.isIPv6(host) else { throw .address }
        }
        if let user {
            guard !user.isEmpty else { throw .emptyUser }
            guard !user.utf8.contains(UInt8(ascii: ":")) else { throw .password }
            guard SSHDestination.isHarmless(user: user) else { throw .user }
        }
        if let port {
            guard (1...65_535).contains(port) else { throw .port }
        }
        self.host = host
        self.user = user
        self.port = port
    }

    /// Reads `[user@]host[:port]`, `[user@][::1]:port`, `::1`, and each of the first two after `ssh://`.
    public init(_ text: String) throws(Failure) {
        var rest = Substring(text)
        if rest.utf8.starts(with: "ssh://".utf8) {
            rest = rest.dropFirst(6)
            if rest.last == "/" { rest.removeLast() }
        }
        var user: String?
        // The last one: a password may have others in it.
        if let at = rest.lastIndex(of: "@") {
            user = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        // Before anything else is said about the text.
        if let user, user.utf8.contains(UInt8(ascii: ":")) { throw .password }
        let (host, port) = try SSHDestination.split(rest)
        try self.init(host: host, user: user, port: port)
    }

    private static func split(_ text: Substring) throws(Failure) -> (host: String, port: Int?) {
        if text.first == "[" {
            guard let end = text.lastIndex(of: "]") else { throw .address }
            let host = String(text[text.index(after: text.startIndex)..<end])
            let rest = text[text.index(after: end)...]
            guard !rest.isEmpty else { return (host, nil) }
            guard rest.first == ":" else { throw .address }
            return (host, try number(rest.dropFirst()))
        }
        guard let colon = text.lastIndex(of: ":"), text.firstIndex(of: ":") == colon else { return (String(text), nil) }
        return (String(text[..<colon]), try number(text[text.index(after: colon)...]))
    }

    private static func number(_ text: Substring) throws(Failure) -> Int {
        guard text.utf8.allSatisfy(\.isDigit), let number = Int(text) else { throw .port }
        return number
    }

    /// The destination as text that reads as the same destination.
    public var description: String {
        let user = self.user.map { $0 + "@" } ?? ""
        let host = self.host.utf8.contains(UInt8(ascii: ":")) ? "[\(self.host)]" : self.host
        return user + host + (port.map { ":\($0)" } ?? "")
    }
}

extension SSHDestination {
    /// An address of IPv6, perhaps with the interface after a `%`.
    private static func isIPv6(_ host: String) -> Bool {
        let address = String(host.prefix { $0 != "%" })
        var bytes = in6_addr()
        return inet_pton(AF_INET6, address, &bytes) == 1
    }

    // Names reach ProxyCommand and the OpenSSH client; these are the rules that OpenSSH has for the same reason.

    private static func isHarmless(host: String) -> Bool {
        host.utf8.first != UInt8(ascii: "-")
            && host.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && !"'`\"$\\;&<>|(){}[],@/".utf8.contains($0) }
    }

    private static func isHarmless(user: String) -> Bool {
        let forbidden = "'`\";&<>|(){}".utf8
        guard user.utf8.first != UInt8(ascii: "-"), user.utf8.last != UInt8(ascii: "\\") else { return false }
        var previous: UInt8 = 0
        for byte in user.utf8 {
            // A space before a dash could make an option of what follows.
            guard byte >= 0x20, byte != 0x7f, !forbidden.contains(byte),
                !(previous == UInt8(ascii: " ") && byte == UInt8(ascii: "-"))
            else { return false }
            previous = byte
        }
        return true
    }
}

extension UInt8 {
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
