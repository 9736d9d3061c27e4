//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// A real server of SSH on a free port of 127.0.0.1, with keys, configuration and a home folder of its own. Nothing of the user's or the
/// system's is read or written.
package struct SSHServer: Sendable {
    package let program: TestProgram
    package let port: Int
    /// Holds all files of this server and of its clients.
    package let folder: String
    /// Keys of the server.
    package let hostKeys: [String]
    /// The key that it lets in.
    package let clientKey: SSHKey

    package var user: String { WrappedAccount.user }
    /// Home folder of the user in sessions.
    package var home: String { SSHServer.home(in: folder) }
    static func home(in folder: String) -> String { folder + "/home" }

    /// Lines of a known_hosts file, one for each of its keys.
    package var hostKeyLines: [String] { hostKeys.map { "[127.0.0.1]:\(port) \($0)" } }
    /// The first of them.
    package var hostKeyLine: String { hostKeyLines.first ?? "" }
    /// A file with them.
    package var knownHosts: String { folder + "/known_hosts" }
    /// An ssh_config that leads every name to this server, with its key.
    package var configuration: String { folder + "/ssh_config" }

    package var log: ProgramLog { program.log }

    /// The first line of the log that is wanted, whether it is there or comes.
    @discardableResult
    package func waitForLog(where isWanted: (String) -> Bool) async throws -> String {
        try await log.line(where: isWanted)
    }

    /// Processes of the server itself that serve connections: without what the sessions run.
    package var connections: Set<Int32> {
        program.descendants.filter { pid in
            let name = String(decoding: SmallFile.read("/proc/\(pid)/comm") ?? [], as: UTF8.self)
            return name.hasPrefix("sshd") || name.hasPrefix("dropbear")
        }
    }

    /// Ends the server, its sessions and all that those started, as if the machine had been switched off. Throws if something is left.
    package func stop() async throws {
        try await program.end()
        WrappedPAM.removeLeftOvers()
    }

    /// The machine stands still, until ``resume()``.
    package func pause() { program.pause() }
    package func resume() { program.resume() }

    /// Runs a command by OpenSSH's own client, and returns what it wrote. Throws unless the command succeeded.
    ///
    /// - Parameter answers: what to say to the questions that come, one after the other.
    package func output(
        of command: String,
        options: [String] = [],
        answers: [String] = []
    ) async throws -> String {
        let variables = answers.isEmpty ? [:] : try answering(answers)
        let arguments = ["-F", configuration, "-o", "BatchMode=\(answers.isEmpty ? "yes" : "no")"]
        return try await TestProgram.output(
            of: "/usr/bin/ssh",
            arguments + options + ["host", command],
            variables: variables
        )
    }

    /// The environment of a client that gets its answers from a program instead of a terminal.
    private func answering(_ answers: [String]) throws -> [String: String] {
        let script = """
            #!/bin/sh
            read -r answer < \(folder)/answers && printf '%s\\n' "$answer"
            sed -i 1d \(folder)/answers
            """
        try writeFile(script, to: folder + "/askpass", mode: 0o700)
        try writeFile(answers.map { $0 + "\n" }.joined(), to: folder + "/answers")
        return ["SSH_ASKPASS": folder + "/askpass", "SSH_ASKPASS_REQUIRE": "force"]
    }

    // MARK: starting

    /// How a server tells what happened to its start.
    struct Readiness: Sendable {
        /// The line that says that it takes connections.
        var isReady: @Sendable (String) -> Bool
        /// The line that says that somebody else has its port.
        var isPortTaken: @Sendable (String) -> Bool
    }

    /// Starts a program on one free port after the other, until it has one.
    static func start(
        in folder: String,
        hostKeys: [String],
        clientKey: SSHKey,
        readiness: Readiness,
        program start: (_ port: Int) throws -> TestProgram
    ) async throws -> SSHServer {
        while true {
            let port = try freePort()
            let program = try start(port)
            let server = SSHServer(
                program: program,
                port: port,
                folder: folder,
                hostKeys: hostKeys,
                clientKey: clientKey
            )
            do {
                try await program.log.line(where: readiness.isReady)
                try server.writeClientFiles()
                return server
            } catch {
                try await program.end()
                guard program.log.lines.contains(where: readiness.isPortTaken) else { throw error }
            }
        }
    }

    private func writeClientFiles() throws {
        try writeFile(hostKeyLines.map { $0 + "\n" }.joined(), to: knownHosts)
        let lines = [
            "Host *", "HostName 127.0.0.1", "Port \(port)", "User \(user)",
            "IdentityFile \(clientKey.path)", "IdentitiesOnly yes", "IdentityAgent none",
            "UserKnownHostsFile \(knownHosts)", "GlobalKnownHostsFile /dev/null",
        ]
        try writeFile(lines.joined(separator: "\n") + "\n", to: configuration)
    }

    /// Does something with a server, and ends it.
    static func serve<R>(
        _ server: SSHServer,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (SSHServer) async throws -> R
    ) async throws -> R {
        let result: Result<R, any Error>
        do { result = .success(try await body(server)) } catch { result = .failure(error) }
        try await server.stop()
        return try result.get()
    }
}
