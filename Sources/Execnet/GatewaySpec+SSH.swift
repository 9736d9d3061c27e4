//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSSH

extension GatewaySpec {
    static let sshKeys = ["identity", "known_hosts", "jump", "config", "hostkey", "ssh-agent"]

    /// What to say instead of another error if somebody has written a password into the text.
    static func inlinePassword(_ text: String) -> GatewayError? {
        let clients = SSHOptions.Client.allCases.map(\.rawValue)
        return SpecText.passwordKey(text, destinations: clients + ["jump"], known: placeKeys + otherKeys).map { key in
            GatewayError(.invalidSpec, "\"\(key)\" cannot be used: \(SSHDestination.Failure.password).")
        }
    }

    /// What a description says about a machine with an SSH server.
    ///
    /// - Parameter place: the key that names the machine, and with that what speaks SSH here.
    func sshOptions(
        _ place: String,
        _ values: [String: String?],
        _ text: String
    ) throws(GatewayError) -> SSHOptions {
        var options = SSHOptions(try destination(place, values[place] ?? nil, text))
        if let client = SSHOptions.Client(rawValue: place) { options.client = client }
        if let value = values["identity"] { options.identities = try words("identity", value, text) }
        if let value = values["known_hosts"] { options.knownHosts = try required("known_hosts", value, text) }
        if let value = values["config"] { options.config = try required("config", value, text) }
        if let value = values["ssh-agent"] { options.agent = try required("ssh-agent", value, text) }
        if let value = values["jump"] {
            let value = try required("jump", value, text)
            var jumps: [SSHDestination] = []
            if value != "none" {
                for jump in value.split(separator: ",", omittingEmptySubsequences: false) {
                    jumps.append(try destination("jump", String(jump), text))
                }
            }
            options.jumps = jumps
        }
        if let value = values["hostkey"] {
            guard let hostKey = SSHOptions.HostKey(try required("hostkey", value, text)) else {
                throw SpecText.invalid(
                    "\"hostkey\" is strict, accept-new, insecure or a fingerprint that begins with SHA256:",
                    text
                )
            }
            options.hostKey = hostKey
        }
        return options
    }

    private func destination(_ key: String, _ value: String?, _ text: String) throws(GatewayError) -> SSHDestination {
        let value = try required(key, value, text)
        do throws(SSHDestination.Failure) {
            return try SSHDestination(value)
        } catch {
            // A password must not be quoted.
            guard error != .password else {
                throw GatewayError(.invalidSpec, "\"\(key)\" cannot be used: \(error).")
            }
            throw SpecText.invalid("\"\(key)\" cannot be used: \(error)", text)
        }
    }
}

extension SSHOptions.HostKey {
    fileprivate init?(_ text: String) {
        switch text {
        case "strict": self = .strict
        case "accept-new": self = .acceptNew
        case "insecure": self = .insecure
        default:
            guard let fingerprint = HostKeyFingerprint(text) else { return nil }
            self = .pinned(fingerprint)
        }
    }

    fileprivate var text: String {
        switch self {
        case .strict: "strict"
        case .acceptNew: "accept-new"
        case .insecure: "insecure"
        case .pinned(let fingerprint): "\(fingerprint)"
        }
    }
}

extension SSHOptions {
    /// The segments of a description that says the same.
    var segments: [(key: String, value: String?)] {
        [
            (client.rawValue, destination.description),
            ("identity", identities.isEmpty ? nil : ShellWords.join(identities)),
            ("known_hosts", knownHosts),
            ("jump", jumps.map { $0.isEmpty ? "none" : $0.map(\.description).joined(separator: ",") }),
            ("config", config),
            ("hostkey", hostKey?.text),
            ("ssh-agent", agent),
        ]
    }
}
