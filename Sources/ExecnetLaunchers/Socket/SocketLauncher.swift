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
    private let dialect: any SocketDialect

    package init(_ address: SocketAddress, via: Gateway?, server: SocketServerKind) {
        self.address = address
        self.via = via
        dialect = server == .python ? PythonDialect() : ExecnetDialect()
    }

    package func launch(_ shell: ShellCommand, gateway: String) async throws -> LaunchedStream {
        let token = BootstrapPlan.makeNonce()
        async let errors = connect(gateway)
        let main = try await connect(gateway)
        let poller = try PollerThread.shared()
        let attached = try AttachedErrors(
            try await errors,
            request: dialect.attach(token),
            token: token,
            name: "process behind \(address)",
            poller: poller
        )
        var stream = LaunchedStream(
            poller: poller,
            errors: attached,
            process: attached.process
        ) { try DescriptorLink(input: main, output: main, poller: poller, endpoint: $0) }
        stream.preamble = dialect.run(token, shell.line)
        return stream
    }

    private func connect(_ gateway: String) async throws -> Descriptor {
        do {
            return try await Connector.connect(to: address.target)
        } catch let error as Connector.Failure {
            throw GatewayError(.launchFailed, "\(error)", gateway: gateway)
        }
    }
}

extension SocketAddress {
    var target: Connector.Target {
        switch self {
        case .host(let host, let port): .tcp(host: host, port: port)
        case .unix(let path): .unix(path: path)
        }
    }
}
