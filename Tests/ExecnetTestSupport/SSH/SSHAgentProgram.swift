//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// OpenSSH's agent, with a socket of its own.
package struct SSHAgentProgram: Sendable {
    /// Path of its socket, for SSH_AUTH_SOCK.
    package let socket: String
    private let program: TestProgram

    /// Runs an agent for the time of `body`.
    ///
    /// - Parameters:
    ///   - folder: where its socket comes to be. The path must be short, as those of all sockets.
    ///   - keys: what it holds from the start.
    package static func with<R>(
        keys: [SSHKey] = [],
        in folder: String,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (SSHAgentProgram) async throws -> R
    ) async throws -> R {
        let agent = try await start(in: folder)
        let result: Result<R, any Error>
        do {
            for key in keys { try await agent.add(key) }
            result = .success(try await body(agent))
        } catch {
            result = .failure(error)
        }
        try await agent.stop()
        return try result.get()
    }

    package static func start(in folder: String) async throws -> SSHAgentProgram {
        let socket = folder + "/agent"
        // It tells the path when it listens.
        let program = try TestProgram.start("/usr/bin/ssh-agent", ["-D", "-a", socket])
        try await program.log.line { $0.hasPrefix("SSH_AUTH_SOCK=") }
        return SSHAgentProgram(socket: socket, program: program)
    }

    /// Gives it a key that needs no passphrase.
    package func add(_ key: SSHKey) async throws {
        try await TestProgram.output(
            of: "/usr/bin/ssh-add",
            ["-q", key.path],
            variables: ["SSH_AUTH_SOCK": socket]
        )
    }

    /// Ends it; its socket refuses from then on.
    package func stop() async throws { try await program.end() }
}
