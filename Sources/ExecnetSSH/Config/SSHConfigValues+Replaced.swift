//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

// Values with their tokens, variables and `~` replaced.
extension SSHConfigValues {
    var family: SSHConfig.AddressFamily {
        text(.addressFamily).flatMap(SSHConfig.AddressFamily.init(rawValue:)) ?? .any
    }

    /// Whether OpenSSH would look for the host's full name, and then read the files again.
    var needsCanonicalHost: Bool { needs("canonicalizehostname") }

    func paths(
        _ name: SSHOption.Name,
        default standard: [String],
        _ tokens: SSHTokens
    ) throws(SSHConfigError) -> [String] {
        let place = settings[name]?.place
        var paths: [String] = []
        for file in words(name) ?? standard where file.asciiLowercased != "none" {
            paths.append(try tokens.path(file, at: place))
        }
        return paths
    }

    func paths(
        _ files: [File],
        default standard: [String],
        _ tokens: SSHTokens
    ) throws(SSHConfigError) -> [String] {
        var paths: [String] = []
        if files.isEmpty {
            for file in standard { paths.append(try tokens.path(file, at: nil)) }
        }
        for file in files where file.name.asciiLowercased != "none" {
            paths.append(try tokens.path(file.name, at: file.place))
        }
        return paths
    }

    /// These take `~` only.
    func globalKnownHostsFiles(_ surroundings: SSHSurroundings) throws(SSHConfigError) -> [String] {
        let files = words(.globalKnownHostsFile) ?? ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]
        var paths: [String] = []
        for file in files where file.asciiLowercased != "none" {
            guard let path = surroundings.expandingTilde(file) else {
                let place = settings[.globalKnownHostsFile]?.place
                throw SSHConfigError(.expansion, "there is no user with the home folder of \(file)", at: place)
            }
            paths.append(path)
        }
        return paths
    }

    /// What `IdentityAgent` says with tokens replaced, as `ssh -G` prints it.
    func identityAgent(_ tokens: SSHTokens) throws(SSHConfigError) -> String? {
        guard let text = text(.identityAgent) else { return nil }
        return try tokens.path(text, at: settings[.identityAgent]?.place)
    }

    func agentSocket(_ tokens: SSHTokens) throws(SSHConfigError) -> String? {
        let variable = tokens.surroundings.variable
        let agent = try identityAgent(tokens) ?? "SSH_AUTH_SOCK"
        if agent == "none" { return nil }
        let socket: String? =
            if agent == "SSH_AUTH_SOCK" {
                variable(agent)
            } else if agent.utf8.first == UInt8(ascii: "$") {
                variable(String(agent.dropFirst()))
            } else {
                agent
            }
        return socket?.isEmpty == true ? nil : socket
    }

    func jumps(_ tokens: SSHTokens) throws(SSHConfigError) -> [SSHDestination] {
        let place = settings[.proxyJump]?.place
        var jumps: [SSHDestination] = []
        for word in words(.proxyJump) ?? [] {
            let text = try tokens.text(word, SSHTokens.ofProxies, at: place)
            jumps.append(try SSHJumps.destination(text, at: place))
        }
        return jumps
    }

    func command(_ tokens: SSHTokens) throws(SSHConfigError) -> String? {
        guard let text = text(.proxyCommand), text.asciiLowercased != "none" else { return nil }
        return try tokens.text(text, SSHTokens.ofProxies, at: settings[.proxyCommand]?.place)
    }

    /// What only the OpenSSH client can follow, in the order of the lines.
    func needsOpenSSH(hasProxyCommand: Bool) -> [SSHConfigNote] {
        var notes = certificateFiles.map { SSHConfigNote(option: "certificatefile \($0.name)", place: $0.place) }
        for (keyword, setting) in beyond.sorted(by: { $0.key < $1.key }) where needs(keyword) {
            // A matter of the command, which a jump does not have.
            if keyword == "proxyusefdpass", !hasProxyCommand { continue }
            guard case .text(let value) = setting.value else { continue }
            notes.append(SSHConfigNote(option: value.isEmpty ? keyword : "\(keyword) \(value)", place: setting.place))
        }
        return notes
    }

    private func needs(_ keyword: String) -> Bool {
        guard let setting = beyond[keyword], case .text(let value) = setting.value,
            case .needsOpenSSH(let harmless)? = SSHOption.named(keyword)
        else { return false }
        return !harmless.contains(value.asciiLowercased)
    }
}
