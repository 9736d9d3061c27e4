//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore

/// The way to a host: what the description and the configuration files say together.
struct SSHPlan: Sendable {
    /// The servers to log in to one after the other; the last one is the place.
    var hops: [SSHHop]
    /// What only the OpenSSH client can do of it.
    var needsOpenSSH: [String]
    /// The configuration files that were read.
    var files: [String]
    /// Options in them that do nothing here.
    var ignored: [String]
    /// `Match` lines in them that were not evaluated, so that their blocks do not apply.
    var unevaluated: [String]

    /// Reads the configuration files. Blocks.
    init(_ options: SSHOptions, _ configuration: SSHConfiguration) throws(SSHConfigError) {
        guard let surroundings = configuration.surroundings ?? SSHSurroundings.current() else {
            throw SSHConfigError(.unreadable, "the user of this process has no account, so no home folder")
        }
        let options = options.expanded(surroundings)
        let files = options.config.map { SSHConfigFiles.named($0) } ?? .standard(home: surroundings.home)
        var reader = Reader(options: options, configuration: configuration, surroundings: surroundings, files: files)
        try reader.add(options.destination, options.jumps)
        hops = reader.hops
        needsOpenSSH = reader.needsOpenSSH
        self.files = reader.read.unique
        ignored = reader.ignored.unique
        unevaluated = reader.unevaluated.unique
    }

    /// For a diagnosis.
    var summary: String {
        var parts = [files.isEmpty ? "no files" : files.joined(separator: ", ")]
        if !ignored.isEmpty { parts.append("ignored: \(ignored.joined(separator: ", "))") }
        if !unevaluated.isEmpty { parts.append("not evaluated: \(unevaluated.joined(separator: ", "))") }
        return parts.joined(separator: "; ")
    }

    private static func heartbeat(_ config: SSHConfig) -> Duration? {
        guard let interval = config.serverAliveInterval, interval > 0 else { return nil }
        return .seconds(interval) * max(1, config.serverAliveCountMax ?? 3) / 3
    }

    /// ConnectTimeout counts where the caller has left the default.
    private static func timeouts(_ timeouts: SSHTimeouts, _ config: SSHConfig) -> SSHTimeouts {
        var timeouts = timeouts
        guard let limit = config.connectTimeout, limit > 0 else { return timeouts }
        if timeouts.connect == SSHTimeouts().connect { timeouts.connect = .seconds(limit) }
        if timeouts.handshake == SSHTimeouts().handshake { timeouts.handshake = .seconds(limit) }
        return timeouts
    }

    /// Follows the way from the end to its beginning.
    private struct Reader {
        let options: SSHOptions
        let configuration: SSHConfiguration
        let surroundings: SSHSurroundings
        let files: SSHConfigFiles
        var hops: [SSHHop] = []
        var needsOpenSSH: [String] = []
        var read: [String] = []
        var ignored: [String] = []
        var unevaluated: [String] = []

        /// Adds a host, and before it those that it is reached through.
        mutating func add(_ destination: SSHDestination, _ jumps: [SSHDestination]?) throws(SSHConfigError) {
            guard hops.count <= SSHJumps.maximum else {
                throw SSHConfigError(.jumpLoop, "the way leads through more than \(SSHJumps.maximum) hosts")
            }
            let config = try SSHConfig.resolve(destination, files: files, surroundings: surroundings, exec: exec)
            needsOpenSSH += config.needsOpenSSH.map(\.description)
            if config.bindAddress != nil { needsOpenSSH.append("bindaddress") }
            read += config.files
            ignored += config.ignored.map(\.description)
            unevaluated += config.unevaluated.map(\.description)
            hops.insert(hop(destination, config, isDirect: jumps != nil), at: 0)
            // A host on the way is reached through the one before it; only the first one's own way counts.
            let way = jumps ?? config.proxyJump
            for (index, jump) in way.enumerated().reversed() { try add(jump, index == 0 ? nil : []) }
        }

        private var exec: ((String) -> Bool)? {
            configuration.runsMatchCommands ? { MatchCommand.succeeds($0) } : nil
        }

        /// - Parameter isDirect: whether the way is known, so that the configuration's does not count.
        private func hop(_ destination: SSHDestination, _ config: SSHConfig, isDirect: Bool) -> SSHHop {
            let files = options.knownHosts.map { [$0] } ?? config.userKnownHostsFiles
            return SSHHop(
                name: destination.description,
                host: config.hostName,
                port: config.port,
                user: config.user,
                addressFamily: config.addressFamily,
                hostName: config.hostKeyAlias.map { HostName($0) } ?? HostName(config.hostName, port: config.port),
                knownHostsFiles: files + (options.knownHosts == nil ? config.globalKnownHostsFiles : []),
                recordsTo: files.first ?? "",
                hashesNames: config.hashKnownHosts,
                policy: policy(config, isLast: destination == options.destination),
                authentication: authentication(config),
                asksNobody: config.batchMode,
                proxyCommand: isDirect ? nil : config.proxyCommand,
                algorithms: Algorithms.Change(
                    keyExchanges: config.kexAlgorithms,
                    hostKeys: config.hostKeyAlgorithms,
                    ciphers: config.ciphers,
                    macs: config.macs
                ),
                heartbeat: SSHPlan.heartbeat(config),
                timeouts: SSHPlan.timeouts(configuration.timeouts, config)
            )
        }

        private func authentication(_ config: SSHConfig) -> SSHAuthenticationOptions {
            let isNamed = !config.hasDefaultIdentityFiles || !options.identities.isEmpty
            let files = options.identities.isEmpty ? config.identityFiles : options.identities
            return SSHAuthenticationOptions(
                identities: files.map { SSHAuthenticationOptions.Identity(path: $0, isNamed: isNamed) },
                certificates: config.certificateFiles,
                identitiesOnly: config.identitiesOnly,
                agent: options.agent.map { $0 == "none" ? nil : $0 } ?? config.agentSocket,
                methods: SSHAuthenticationOptions.methods(
                    preferred: config.preferredAuthentications,
                    publicKey: config.pubkeyAuthentication,
                    interactive: config.kbdInteractiveAuthentication,
                    password: config.passwordAuthentication
                ),
                mayNeedOpenSSH: options.client == .automatic
            )
        }

        private func policy(_ config: SSHConfig, isLast: Bool) -> HostKeyPolicy {
            switch options.hostKey {
            case .strict: return .strict
            case .acceptNew: return .acceptNew
            case .insecure: return .insecure
            // The fingerprint is the last host's.
            case .pinned(let fingerprint) where isLast: return .pinned(fingerprint)
            case .pinned, nil: break
            }
            switch config.strictHostKeyChecking {
            case .yes: return .strict
            case .ask: return config.batchMode ? .strict : configuration.askAboutHost.map { .ask($0) } ?? .strict
            case .acceptNew: return .acceptNew
            case .no: return .insecure
            }
        }
    }
}

extension [String] {
    /// Hosts on the way share files.
    fileprivate var unique: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
