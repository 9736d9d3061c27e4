//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Dropbear's server, as on routers and in small images.
extension SSHServer {
    /// Runs a server for the time of `body`.
    ///
    /// - Parameters:
    ///   - password: is taken beside the key.
    ///   - options: arguments of `dropbear`, such as `-c` with a forced command, or `-j` against tunnels.
    @discardableResult package static func withDropbear<R>(
        password: String? = nil,
        options: [String] = [],
        isolation: isolated (any Actor)? = #isolation,
        _ body: (SSHServer) async throws -> R
    ) async throws -> R {
        try await withTemporaryFolder { folder in
            try await serve(startDropbear(password: password, options: options, in: folder), body)
        }
    }

    /// Starts a server, with its files in an empty folder.
    package static func startDropbear(
        password: String? = nil,
        options: [String] = [],
        in folder: String
    ) async throws -> SSHServer {
        let home = home(in: folder)
        for path in [home, home + "/.ssh"] { try makeFolder(path) }
        let clientKey = try await SSHKey.make(at: folder + "/client_key")
        try writeFile(clientKey.publicKey + "\n", to: home + "/.ssh/authorized_keys")
        let hostKey = folder + "/host_key"
        let keyText = try await TestProgram.output(of: "/usr/bin/dropbearkey", ["-t", "ed25519", "-f", hostKey])
        let variables = try await WrappedAccount(home: home, password: password).install(in: folder)
        let arguments = ["-F", "-E", "-m", "-r", hostKey, "-P", folder + "/pid"]
        return try await start(
            in: folder,
            hostKeys: keyText.split(separator: "\n").filter { $0.hasPrefix("ssh-ed25519 ") }
                .map { SSHKey.publicPart(of: Array($0.utf8)) },
            clientKey: clientKey,
            readiness: Readiness(
                isReady: { $0.hasSuffix(" Not backgrounding") },
                isPortTaken: { $0.hasSuffix("Address already in use") }
            )
        ) { port in
            try TestProgram.start(
                "/usr/sbin/dropbear",
                arguments + (password == nil ? ["-s"] : []) + ["-p", "127.0.0.1:\(port)"] + options,
                variables: variables,
                mark: "HOME=\(home)"
            )
        }
    }
}
