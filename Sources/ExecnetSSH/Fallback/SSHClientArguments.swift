//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What the OpenSSH client is started with, in place of libssh2.
///
/// The user's own configuration still applies to what is not said here, as if the user had typed `ssh host`: but nobody is asked
/// anything, and nothing is forwarded.
struct SSHClientArguments: Sendable {
    /// A host to log in to, or to go through.
    struct Hop: Sendable, Hashable {
        var destination: SSHDestination
        /// Files of keys that are offered first, before those of the configuration.
        var identities: [String] = []
        /// Kinds of keys to offer (`PubkeyAcceptedAlgorithms`); nil is all. Keeps what was denied already from being offered again.
        var keyAlgorithms: [String]?
    }

    /// Why the client cannot do what was asked for.
    enum Failure: Error, Sendable, Hashable, CustomStringConvertible {
        case pinnedHostKey
        case askedHostKey
        /// A path that ssh_config cannot hold.
        case path(String)
        case tooManyJumps(Int)

        var description: String {
            switch self {
            case .pinnedHostKey:
                """
                the OpenSSH client cannot compare a host's key with a fingerprint: record the key in a file, \
                and use known_hosts=
                """
            case .askedHostKey:
                """
                the OpenSSH client cannot ask this program about a host's key: record the key in a file, and \
                use known_hosts=
                """
            case .path(let path):
                """
                the path "\(SSHText.printable(path.utf8))" cannot be given to the OpenSSH client: it has \
                quotes, "${" or control characters
                """
            case .tooManyJumps(let count):
                """
                \(count) jump hosts are more than the \(SSHClientArguments.maximumJumps) that the OpenSSH \
                client can be given
                """
            }
        }
    }

    static let maximumJumps = 8

    /// The program: a path, or a name to look up.
    var client = "ssh"
    var target: Hop
    /// Hosts to go through, the first to connect to at the front; empty for the direct way. Nil leaves it to the configuration.
    var jumps: [Hop]?
    /// A file in place of the user's and the system's configuration; `none` is none at all. Nil leaves both.
    var configuration: String?
    /// Nil leaves it to the configuration.
    var knownHosts: [String]?
    /// Nil leaves it to the configuration; nobody is asked all the same.
    var policy: HostKeyPolicy?
    /// The socket of the ssh-agent, or `none`. Nil leaves it to the configuration.
    var agent: String?
    /// Keys that are not offered by the configuration: only these and those of ssh-agent that match.
    var identitiesOnly = false
    /// For each host on the way, until it is connected and its version is there. It then waits for ever.
    var connectTimeout: Duration?

    init(to target: Hop) { self.target = target }

    /// The command, but for the line that is to run there.
    func arguments() throws(Failure) -> [String] {
        let jumps = jumps ?? []
        guard jumps.count <= SSHClientArguments.maximumJumps else { throw .tooManyJumps(jumps.count) }
        var proxy: String?
        for jump in jumps {
            // Jump hosts by -J would be reached with the configuration alone: their keys could be asked for on the terminal.
            let before = try [client] + options(for: jump, proxy: proxy)
            // The client that runs this puts in where it wants to go; all other tokens are the next client's.
            let words = before.map(SSHClientArguments.withoutTokens) + ["-W", "[%h]:%p"]
            proxy = (words + place(jump).map(SSHClientArguments.withoutTokens)).map(SSHClientArguments.quoted)
                .joined(separator: " ")
        }
        return try [client] + options(for: target, proxy: proxy) + place(target)
    }

    private func place(_ hop: Hop) -> [String] {
        (hop.destination.port.map { ["-p", "\($0)"] } ?? [])
            + (hop.destination.user.map { ["-l", $0] } ?? [])
            + ["--", hop.destination.host]
    }

    private func options(for hop: Hop, proxy: String?) throws(Failure) -> [String] {
        var options: [String] = []
        // The first value is the one that counts, for files too.
        if let configuration {
            guard SSHClientArguments.isPlain(configuration) else { throw .path(configuration) }
            options += ["-F", configuration]
        }
        // No terminal, no agent and no X11 there.
        options += ["-T", "-a", "-x"]
        var settings = [
            // Errors are told from its lines.
            "LogLevel=INFO",
            "BatchMode=yes",
            "ClearAllForwardings=yes",
            // Together with a command it would be an error, and its output ours.
            "RemoteCommand=none",
            "PermitLocalCommand=no",
        ]
        settings += try policySettings()
        if let connectTimeout { settings.append("ConnectTimeout=\(SSHClientArguments.seconds(connectTimeout))") }
        for identity in hop.identities { settings.append("IdentityFile=" + (try SSHClientArguments.path(identity))) }
        if identitiesOnly { settings.append("IdentitiesOnly=yes") }
        if let names = hop.keyAlgorithms { settings.append("PubkeyAcceptedAlgorithms=" + names.joined(separator: ",")) }
        if let agent { settings.append("IdentityAgent=" + (try SSHClientArguments.path(agent))) }
        if let proxy { settings.append("ProxyCommand=" + proxy) }
        // With this neither a ProxyJump nor a ProxyCommand of the configuration counts.
        if jumps?.isEmpty == true { settings.append("ProxyJump=none") }
        return options + settings.flatMap { ["-o", $0] }
    }

    private func policySettings() throws(Failure) -> [String] {
        switch policy {
        case nil: return try knownHostsSettings()
        case .strict: return ["StrictHostKeyChecking=yes"] + (try knownHostsSettings())
        case .acceptNew: return ["StrictHostKeyChecking=accept-new"] + (try knownHostsSettings())
        // Nothing is compared, and nothing recorded.
        case .insecure:
            return [
                "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "GlobalKnownHostsFile=/dev/null",
            ]
        case .pinned: throw .pinnedHostKey
        case .ask: throw .askedHostKey
        }
    }

    private func knownHostsSettings() throws(Failure) -> [String] {
        guard let knownHosts, !knownHosts.isEmpty else { return [] }
        var paths: [String] = []
        for path in knownHosts { paths.append(try SSHClientArguments.path(path)) }
        return ["UserKnownHostsFile=" + paths.joined(separator: " ")]
    }
}

// MARK: texts

extension SSHClientArguments {
    /// In whole seconds, at least one: none would be for ever.
    private static func seconds(_ duration: Duration) -> Int64 {
        let (seconds, rest) = duration.components
        return max(1, rest > 0 ? seconds + 1 : seconds)
    }

    /// As one word of ssh_config, whose tokens it must not have.
    private static func path(_ path: String) throws(Failure) -> String {
        let bytes = Array(path.utf8)
        let hasVariable = zip(bytes, bytes.dropFirst()).contains { $0 == UInt8(ascii: "$") && $1 == UInt8(ascii: "{") }
        guard isPlain(path), !hasVariable, !bytes.contains(UInt8(ascii: "\"")), !bytes.contains(UInt8(ascii: "\\"))
        else {
            throw .path(path)
        }
        let text = withoutTokens(path)
        return bytes.allSatisfy(isHarmless) ? text : "\"\(text)\""
    }

    /// So that a client reads it as the same text where it looks for tokens.
    private static func withoutTokens(_ text: String) -> String {
        let percent = UInt8(ascii: "%")
        return String(decoding: text.utf8.flatMap { $0 == percent ? [percent, percent] : [$0] }, as: UTF8.self)
    }

    private static func isPlain(_ path: String) -> Bool {
        !path.isEmpty && path.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }

    /// As one word of a shell's command.
    private static func quoted(_ word: String) -> String {
        // Backslashes, as quotes within quotes would grow faster from jump to jump.
        let bytes = word.utf8.flatMap { isHarmless($0) ? [$0] : [UInt8(ascii: "\\"), $0] }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether neither shells nor files of configuration take it for something else.
    private static func isHarmless(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
            true
        default: "_-./:=,+@%".utf8.contains(byte)
        }
    }
}
