//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// OpenSSH's server, `sshd`.
extension SSHServer {
    /// Runs a server for the time of `body`.
    package static func with<R>(
        _ options: SSHServerOptions = SSHServerOptions(),
        isolation: isolated (any Actor)? = #isolation,
        _ body: (SSHServer) async throws -> R
    ) async throws -> R {
        try await withTemporaryFolder { folder in try await serve(start(options, in: folder), body) }
    }

    /// Starts a server, with its files in an empty folder.
    package static func start(
        _ options: SSHServerOptions = SSHServerOptions(),
        in folder: String
    ) async throws -> SSHServer {
        let home = home(in: folder)
        try makeFolder(home)
        // Where the unprivileged part is locked up. What starts the system's own server makes it.
        if getuid() == 0 { mkdir("/run/sshd", 0o755) }
        var hostKeys: [SSHKey] = []
        for kind in options.hostKeys {
            hostKeys.append(try await SSHKey.make(kind, at: "\(folder)/host_\(kind)"))
        }
        let clientKey = try await SSHKey.make(options.clientKey, at: folder + "/client_key")
        let permission = options.keyOptions.isEmpty ? "" : options.keyOptions + " "
        try writeFile("\(permission)\(clientKey.publicKey)\n", to: folder + "/authorized_keys")
        var variables = try await WrappedAccount(home: home, shell: options.shell, password: options.password)
            .install(in: folder)
        if !options.answers.isEmpty {
            variables.merge(try WrappedPAM.install(options.answers, in: folder)) { "\($0):\($1)" }
        }
        let paths = hostKeys.map(\.path)
        return try await start(
            in: folder,
            hostKeys: hostKeys.map(\.publicKey),
            clientKey: clientKey,
            readiness: openSSH
        ) { port in
            let file = folder + "/sshd_config"
            try writeFile(configuration(options, port: port, folder: folder, hostKeys: paths), to: file)
            return try TestProgram.start(
                "/usr/sbin/sshd",
                ["-D", "-e", "-f", file],
                variables: variables,
                mark: "HOME=\(home)"
            )
        }
    }

    /// "SHA256:..." of its key of a kind.
    package func hostKeyFingerprint(_ kind: SSHKey.Kind = .ed25519) async throws -> String {
        try await SSHKey(path: "\(folder)/host_\(kind)", publicKey: "").fingerprint()
    }

    /// What `sshd` says.
    static let openSSH = Readiness(
        isReady: { $0.hasPrefix("Server listening on ") },
        isPortTaken: { $0.hasSuffix("Address already in use.") }
    )

    private static func configuration(
        _ options: SSHServerOptions,
        port: Int,
        folder: String,
        hostKeys: [String]
    ) -> String {
        let asks = !options.answers.isEmpty
        // The sessions' environment also tells of which run of the tests they are.
        let run = ProcessPlan.currentEnvironment[TestRun.variable] ?? ""
        let variables = options.environment.merging(["HOME": home(in: folder), TestRun.variable: run]) { $1 }
        let defaults: [(keyword: String, value: String)] = [
            ("ListenAddress", "127.0.0.1:\(port)"),
            ("PidFile", "none"),
            ("AllowUsers", WrappedAccount.user),
            ("PermitRootLogin", "yes"),
            ("AuthorizedKeysFile", "\(folder)/authorized_keys"),
            ("StrictModes", "no"),
            ("PasswordAuthentication", options.password == nil ? "no" : "yes"),
            ("KbdInteractiveAuthentication", asks ? "yes" : "no"),
            ("UsePAM", asks ? "yes" : "no"),
            ("PermitUserRC", "no"),
            ("SetEnv", variables.map { "\($0.key)=\($0.value)" }.joined(separator: " ")),
            ("UseDNS", "no"),
            ("PrintMotd", "no"),
            ("PrintLastLog", "no"),
            ("LogLevel", "VERBOSE"),
            ("MaxStartups", "200:30:400"),
            ("MaxSessions", "200"),
        ]
        // Of most keywords the first line counts, but of MaxStartups the last.
        let others = defaults.filter { entry in !options.lines.contains { $0.hasPrefix(entry.keyword + " ") } }
        let lines = options.lines + hostKeys.map { "HostKey \($0)" } + others.map { "\($0.keyword) \($0.value)" }
        return lines.joined(separator: "\n") + "\n"
    }
}
