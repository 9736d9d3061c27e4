//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetTestSupport

#if canImport(Glibc)
    import Glibc
#endif

/// Servers for gateways. Agents are planted where those of all tests are, so that not every test uploads one.
enum TestSSHServer {
    /// OpenSSH's.
    @discardableResult static func with<R>(
        _ options: SSHServerOptions = SSHServerOptions(),
        isolation: isolated (any Actor)? = #isolation,
        _ body: (SSHServer) async throws -> R
    ) async throws -> R {
        var options = options
        options.environment["XDG_CACHE_HOME"] = TestRun.cacheFolder
        return try await SSHServer.with(options, body)
    }

    @discardableResult static func withDropbear<R>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: (SSHServer) async throws -> R
    ) async throws -> R {
        try await SSHServer.withDropbear { server in
            // It hands no variables to sessions, but agents also look here.
            guard symlink(TestRun.cacheFolder, server.home + "/.cache") == 0 else {
                throw NoFile(path: server.home + "/.cache")
            }
            return try await body(server)
        }
    }
}

extension SSHServer {
    /// The description of a gateway there.
    func spec(_ client: String = "ssh") -> String { "\(client)=host//config=\(configuration)" }

    /// How many connections there have been so far, as OpenSSH's log tells.
    var connectionCount: Int { log.lines.filter { $0.hasPrefix("Connection from ") }.count }
}
