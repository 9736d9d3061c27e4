//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetTestSupport

/// An OpenSSH server for gateways. Agents are planted where those of all tests are, so that not every test uploads one.
enum TestSSHServer {
    /// Calls `body` with the description of a gateway there.
    static func with<R>(
        _ options: SSHServerOptions = SSHServerOptions(),
        isolation: isolated (any Actor)? = #isolation,
        _ body: (String) async throws -> R
    ) async throws -> R {
        var options = options
        options.lines.append("SetEnv XDG_CACHE_HOME=\(TestRun.cacheFolder)")
        return try await SSHServer.with(options) { server in
            try await body("ssh=host//config=\(server.configuration)")
        }
    }
}
