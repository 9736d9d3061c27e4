//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

extension SSHConfig {
    /// Reads the configuration of a destination. Blocks on files, and on commands if they may run: not for an event
    /// loop.
    ///
    /// - Parameters:
    ///   - destination: What was asked for; its user and port win over the files.
    ///   - files: Which files are read.
    ///   - surroundings: What tokens and `~` stand for.
    ///   - exec: Runs a command of `Match exec` and says whether it succeeded. Without it such blocks do not apply.
    static func resolve(
        _ destination: SSHDestination,
        files: SSHConfigFiles,
        surroundings: SSHSurroundings,
        exec: ((String) -> Bool)? = nil
    ) throws(SSHConfigError) -> SSHConfig {
        var reader = SSHConfigReader(destination, files: files, surroundings: surroundings, exec: exec)
        try reader.readFiles(host: destination.host, isFinalPass: false)
        let host = NumericAddress.settled(try reader.hostName(), family: reader.values.family)
        if reader.wantsFinalPass || reader.values.needsCanonicalHost {
            try reader.readFiles(host: host, isFinalPass: true)
        }
        return try SSHConfig(destination, host: host, reader.values, files: reader.filesRead, surroundings)
    }

    private init(
        _ destination: SSHDestination,
        host: String,
        _ values: SSHConfigValues,
        files: [String],
        _ surroundings: SSHSurroundings
    ) throws(SSHConfigError) {
        originalHost = destination.host
        hostName = host
        user = values.text(.user) ?? surroundings.user
        port = values.number(.port) ?? SSHConfig.standardPort
        addressFamily = values.family
        bindAddress = values.text(.bindAddress)
        connectTimeout = values.number(.connectTimeout)

        hostKeyAlias = values.text(.hostKeyAlias)?.asciiLowercased
        let tokens = SSHTokens(
            surroundings: surroundings,
            originalHost: destination.host,
            host: host,
            port: port,
            user: user,
            alias: hostKeyAlias ?? destination.host
        )
        proxyJump = try values.jumps(tokens)
        proxyCommand = try values.command(tokens)

        userKnownHostsFiles = try values.paths(
            .userKnownHostsFile,
            default: ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"],
            tokens
        )
        globalKnownHostsFiles = try values.globalKnownHostsFiles(surroundings)
        strictHostKeyChecking = values.text(.strictHostKeyChecking).flatMap(HostKeyChecking.init(rawValue:)) ?? .ask
        hashKnownHosts = values.flag(.hashKnownHosts) ?? false

        hasDefaultIdentityFiles = values.identityFiles.isEmpty
        identityFiles = try values.paths(
            values.identityFiles,
            default: SSHConfig.defaultIdentityFiles,
            tokens
        )
        identitiesOnly = values.flag(.identitiesOnly) ?? false
        agentSocket = try values.agentSocket(tokens)
        certificateFiles = try values.paths(values.certificateFiles, default: [], tokens)
        preferredAuthentications = values.text(.preferredAuthentications).map(\.commaSeparated)
        pubkeyAuthentication = values.text(.pubkeyAuthentication) != "no"
        passwordAuthentication = values.flag(.passwordAuthentication) ?? true
        kbdInteractiveAuthentication = values.flag(.kbdInteractiveAuthentication) ?? true
        batchMode = values.flag(.batchMode) ?? false

        ciphers = values.text(.ciphers).map(SSHAlgorithmList.init)
        macs = values.text(.macs).map(SSHAlgorithmList.init)
        kexAlgorithms = values.text(.kexAlgorithms).map(SSHAlgorithmList.init)
        hostKeyAlgorithms = values.text(.hostKeyAlgorithms).map(SSHAlgorithmList.init)
        pubkeyAcceptedAlgorithms = values.text(.pubkeyAcceptedAlgorithms).map(SSHAlgorithmList.init)

        serverAliveInterval = values.number(.serverAliveInterval)
        serverAliveCountMax = values.number(.serverAliveCountMax)

        self.files = files
        ignored = values.ignored
        unevaluated = values.unevaluated
        needsOpenSSH = values.needsOpenSSH(hasProxyCommand: proxyCommand != nil)

        if let last = proxyJump.last, last.host == hostName, last.port ?? SSHConfig.standardPort == port,
            last.user ?? user == user
        {
            let place = values.settings[.proxyJump]?.place
            throw SSHConfigError(.jumpLoop, "\(last.host) would be reached through itself", at: place)
        }
    }

    /// In OpenSSH's order. Kinds of keys that are not supported are tried there, and reported here.
    static let defaultIdentityFiles = [
        "~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ecdsa_sk", "~/.ssh/id_ed25519", "~/.ssh/id_ed25519_sk",
        "~/.ssh/id_xmss", "~/.ssh/id_dsa",
    ]
}
