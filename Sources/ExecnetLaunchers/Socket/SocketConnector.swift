//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import ExecnetTLS
import NIOPosix

/// Connections to one socket server: made from here or from the machine of another gateway, plain or secured.
struct SocketConnector: Sendable {
    let address: SocketAddress
    let via: Gateway?
    private let tls: TLSClient?
    let gateway: String
    /// How long a connection may take.
    private let timeout: Duration
    private let usesKey: Bool

    init(
        _ address: SocketAddress,
        via: Gateway?,
        security: SocketSecurity,
        gateway: String,
        timeout: Duration
    ) throws(GatewayError) {
        self.address = address
        self.via = via
        self.gateway = gateway
        self.timeout = timeout
        if case .key = security { usesKey = true } else { usesKey = false }
        do throws(SecurityError) {
            tls = try security.loaded().makeClient(of: address.host)
        } catch {
            throw GatewayError(.launchFailed, error.description, gateway: gateway)
        }
    }

    /// A connection as a stream for a link.
    func stream(_ poller: Poller) async throws -> LaunchedStream {
        // The bytes of a channel need no detour through a socket.
        if let via, tls == nil { return try await through(via).launched }
        let socket = try await socket()
        guard let tls else {
            return LaunchedStream(input: socket, output: socket, errors: nil, process: nil, poller: poller)
        }
        let connection = try await secured {
            try await TLSConnection.connect(socket, client: tls) { TLSLinkHandler(distrust: distrust) }
        }
        return LaunchedStream(poller: poller, errors: nil, process: nil) { endpoint in
            TLSLink(connection.channel, connection.handler, poller: poller, endpoint: endpoint)
        }
    }

    /// A connection as a descriptor.
    func descriptor() async throws -> Descriptor {
        let socket = try await socket()
        guard let tls else { return socket }
        return try await secured {
            try await TLSRelay.connect(socket, group: MultiThreadedEventLoopGroup.singleton, client: tls).inside
        }
    }

    private func secured<R>(_ connect: () async throws -> R) async throws -> R {
        do {
            return try await connect()
        } catch let error where !(error is CancellationError) {
            throw distrust(error)
        }
    }

    private func distrust(_ error: any Error) -> GatewayError {
        GatewayError(
            .notAuthenticated,
            "The server at \(address) was reached, but the two sides do not trust each other: \(TLSRelay.reason(of: error)). "
                + (usesKey
                    ? "Have both the same key, and does the server use one?" : "Check the certificates of both."),
            gateway: gateway
        )
    }

    private func socket() async throws -> Descriptor {
        if let via { return try await through(via).socket() }
        do {
            return try await Connector.connect(to: address.target, within: timeout)
        } catch let error as Connector.Failure {
            throw GatewayError(.launchFailed, "\(error)", gateway: gateway)
        }
    }

    private func through(_ hop: Gateway) async throws -> GatewayStream {
        do {
            return try await hop.openStream(to: address.target)
        } catch let error as GatewayError {
            throw error.behind(hop.id, of: gateway)
        }
    }
}
