//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Testing

@testable import ExecnetSSH

/// A configuration and OpenSSH's view of it in the same words.
struct SSHConfigRendering {
    let config: SSHConfig
    let surroundings: SSHSurroundings
    let algorithms: OpenSSHAlgorithms

    private var texts: [String: String?] {
        [
            "host": config.originalHost,
            "hostname": config.hostName,
            "user": config.user,
            "port": String(config.port),
            "addressfamily": config.addressFamily.rawValue,
            "bindaddress": config.bindAddress,
            "stricthostkeychecking": config.strictHostKeyChecking.rawValue,
            "serveralivecountmax": String(config.serverAliveCountMax ?? 3),
            "connecttimeout": config.connectTimeout.map { String($0) } ?? "none",
            "userknownhostsfile": config.userKnownHostsFiles.joined(separator: " "),
            "globalknownhostsfile": config.globalKnownHostsFiles.joined(separator: " "),
            "hostkeyalias": config.hostKeyAlias,
            "preferredauthentications": config.preferredAuthentications?.joined(separator: ","),
            "proxycommand": config.proxyCommand,
        ]
    }

    private var flags: [String: Bool] {
        [
            "batchmode": config.batchMode,
            "hashknownhosts": config.hashKnownHosts,
            "identitiesonly": config.identitiesOnly,
            "kbdinteractiveauthentication": config.kbdInteractiveAuthentication,
            "passwordauthentication": config.passwordAuthentication,
            "pubkeyauthentication": config.pubkeyAuthentication,
        ]
    }

    /// Ours: the keywords of `ssh -G` that we support.
    func ours() throws -> [String: [String]] {
        var lines: [String: [String]] = [:]
        for (keyword, value) in texts { lines[keyword] = value.map { [$0] } ?? [] }
        for (keyword, flag) in flags { lines[keyword] = [flag ? "yes" : "no"] }
        lines["identityfile"] = config.identityFiles
        lines["certificatefile"] = config.certificateFiles
        lines["proxyjump"] = config.proxyJump.map(\.description)
        // Debian's default with BatchMode, which other builds do not have; nothing to compare then.
        if let interval = config.serverAliveInterval { lines["serveraliveinterval"] = ["\(interval)"] }
        lines["ciphers"] = [try algorithms.rendered(config.ciphers, "ciphers")]
        lines["macs"] = [try algorithms.rendered(config.macs, "macs")]
        lines["kexalgorithms"] = [try algorithms.rendered(config.kexAlgorithms, "kexalgorithms")]
        lines["hostkeyalgorithms"] = [try algorithms.rendered(config.hostKeyAlgorithms, "hostkeyalgorithms")]
        lines["pubkeyacceptedalgorithms"] = [
            try algorithms.rendered(config.pubkeyAcceptedAlgorithms, "pubkeyacceptedalgorithms")
        ]
        return lines
    }

    /// OpenSSH's, for the same keywords. It prints some before it replaces their tokens; then we do, with the
    /// replacement that its `UserKnownHostsFile` shows to be right.
    func theirs(_ dump: [String: [String]], keywords: some Sequence<String>) throws -> [String: [String]] {
        let tokens = SSHTokens(
            surroundings: surroundings,
            originalHost: config.originalHost,
            host: config.hostName,
            port: config.port,
            user: config.user,
            alias: config.hostKeyAlias ?? config.originalHost
        )
        var lines: [String: [String]] = [:]
        for keyword in keywords {
            let values = dump[keyword] ?? []
            lines[keyword] =
                switch keyword {
                case "identityfile", "certificatefile":
                    try values.filter { $0 != "none" }.map { try tokens.path($0, at: nil) }
                case "globalknownhostsfile":
                    [try words(values.joined()).map { try tokens.path($0, at: nil) }.joined(separator: " ")]
                case "userknownhostsfile":
                    [values.joined() == "none" ? "" : values.joined()]
                case "proxycommand":
                    try values.map { try tokens.text($0, SSHTokens.ofProxies, at: nil) }
                case "proxyjump":
                    try values.flatMap(\.commaSeparated).map { try SSHDestination($0).description }
                case "batchmode", "hashknownhosts", "identitiesonly", "kbdinteractiveauthentication",
                    "passwordauthentication", "pubkeyauthentication", "stricthostkeychecking":
                    values.map { Self.words[$0] ?? $0 }
                default: values
                }
        }
        return lines
    }

    private static let words = ["true": "yes", "false": "no", "unbound": "yes", "host-bound": "yes"]

    private func words(_ text: String) -> [String] {
        text == "none" ? [] : SSHConfigLine.split(Array(text.utf8)) ?? []
    }

    /// Fails for each keyword with another value.
    func expectSame(as dump: [String: [String]], _ configuration: String) throws {
        let ours = try ours()
        let theirs = try theirs(dump, keywords: ours.keys)
        for keyword in ours.keys.sorted() {
            #expect(ours[keyword] == theirs[keyword], "\(keyword) of \(config.originalHost) in:\n\(configuration)")
        }
    }
}

/// Compares one configuration for one destination with OpenSSH: the values, or that both refuse it.
func expectAgreement(
    _ configuration: String,
    _ destination: SSHDestination,
    file: String,
    _ algorithms: OpenSSHAlgorithms,
    exec: ((String) -> Bool)? = nil
) throws -> Bool {
    let surroundings = try OpenSSHOracle.surroundings()
    let dump = OpenSSHOracle.dump(file, destination)
    do {
        let config = try SSHConfig.resolve(
            destination,
            files: .named(file),
            surroundings: surroundings,
            exec: exec
        )
        let rendering = SSHConfigRendering(config: config, surroundings: surroundings, algorithms: algorithms)
        guard let dump else {
            Issue.record("OpenSSH refuses for \(destination) what we took:\n\(configuration)")
            return true
        }
        try rendering.expectSame(as: dump, configuration)
        return true
    } catch let error as SSHConfigError {
        #expect(dump == nil, "OpenSSH takes for \(destination) what we refused (\(error)):\n\(configuration)")
        return false
    }
}
