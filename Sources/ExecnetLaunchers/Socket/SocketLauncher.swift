//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetCore
import ExecnetSystem

/// Reaches the far side through a socket server that listens there.
///
/// Two connections are made: one becomes the standard input and output of the shell, the other brings its standard error and tells how it ended.
package struct SocketLauncher: Launcher {
    private let address: SocketAddress
    private let via: Gateway?
    private let security: SocketSecurity
    private let dialect: any SocketDialect
    private let timeout: Duration

    /// - Parameters:
    ///   - via: the gateway from whose machine the connections are made.
    ///   - timeout: how long each connection may take.
    package init(
        _ address: SocketAddress,
        via: Gateway?,
        security: SocketSecurity,
        server: SocketServerKind,
        timeout: Duration
    ) {
        self.address = address
        self.via = via
        self.security = security
        self.timeout = timeout
        dialect = server == .python ? PythonDialect() : ExecnetDialect()
    }

    package func launch(_ shell: ShellCommand, gateway: String) async throws -> LaunchedStream {
        let connector = try SocketConnector(
            address,
            via: via,
            security: security,
            gateway: gateway,
            timeout: timeout
        )
        let poller = try PollerThread.shared()
        let token = BootstrapPlan.makeNonce()
        async let main = connector.stream(poller)
        let errors = AttachedErrors(
            try await connector.descriptor(),
            request: dialect.attach(token),
            token: token,
            name: "process behind \(address)",
            poller: poller
        )
        var stream = try await main
        stream.hop = via
        stream.errors = errors
        stream.process = errors.process
        stream.preamble = dialect.run(token, shell.line)
        return stream
    }
}

extension SocketAddress {
    /// Nil for a socket in the file system.
    var host: String? { if case .host(let name, _) = self { name } else { nil } }

    var target: Connector.Target {
        switch self {
        case .host(let host, let port): .tcp(host: host, port: port)
        case .unix(let path): .unix(path: path)
        }
    }
}
