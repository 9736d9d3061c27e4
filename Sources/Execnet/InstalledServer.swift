//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetLaunchers
import ExecnetSocketServer
import ExecnetSystem

/// A socket server that is started on a gateway's machine for one gateway behind it.
struct InstalledServer: Sendable {
    /// How long it waits for its one gateway.
    private static let patience = 30

    /// The id of the gateway to be.
    private let gateway: String
    private let hop: Gateway
    /// The native gateway that it runs on: the hop itself, or one beside a Python agent.
    private let runner: Gateway
    private let channel: Channel
    private let key: [UInt8]
    /// How long a connection to it may take.
    private let timeout: Duration
    /// Where it may be reached, the most likely first.
    private let addresses: [SocketAddress]

    /// Starts it, behind a key that nobody else has.
    static func start(on hop: Gateway, for opening: Opening) async throws -> InstalledServer {
        let runner = try await hop.info().language == "python" ? opening.nativeGateway(beside: hop) : hop
        let machine = Machine(of: hop)
        var started: Channel?
        do {
            var task = SocketServerTask()
            task.host = machine == .this ? "127.0.0.1" : "::"
            task.key = SocketSecurity.randomKey
            task.servesOnce = true
            task.idleSeconds = patience
            let channel = try await runner.remoteExec(task)
            started = channel
            try await channel.set(["portrange": [0]])
            let timeout = opening.configuration.openTimeout
            let port = try await channel.get("listenport", as: Int.self, timeout: timeout)
            let interfaces = try await channel.get("addresses", as: [String].self, timeout: timeout)
            return InstalledServer(
                gateway: opening.id,
                hop: hop,
                runner: runner,
                channel: channel,
                key: task.key ?? [],
                timeout: timeout,
                addresses: machine.hosts(interfaces).map { .host($0, port: port) }
            )
        } catch {
            // The server ends with its channel.
            try? started?.close()
            if runner !== hop { await runner.close() }
            if error is CancellationError { throw error }
            throw GatewayError(
                .launchFailed,
                "No socket server could be started on the gateway \"\(hop.id)\".",
                gateway: opening.id,
                cause: error
            )
        }
    }

    /// How long one of several addresses is tried: all of them, as long as the server waits for somebody to come.
    private static let attempt = Duration.seconds(3)

    /// Opens the gateway behind it, at the first address that leads there.
    func open(_ open: (SocketLauncher) async throws -> Gateway) async throws -> Gateway {
        var failure: (any Error)?
        let timeout = addresses.count > 1 ? min(timeout, InstalledServer.attempt) : timeout
        for address in addresses {
            do {
                let launcher = SocketLauncher(
                    address,
                    via: nil,
                    security: .key(.bytes(key)),
                    server: .execnet,
                    timeout: timeout
                )
                let gateway = try await open(launcher)
                Task { await end(with: gateway) }
                return gateway
            } catch let error as GatewayError where error.code == .launchFailed || error.code == .notAuthenticated {
                failure = error
            } catch {
                await end()
                throw error
            }
        }
        await end()
        throw GatewayError(
            .launchFailed,
            "The socket server on the machine of \"\(hop.id)\" cannot be reached. Tried: "
                + "\(addresses.map { "\($0)" }.joined(separator: ", ")).",
            gateway: gateway,
            cause: failure
        )
    }

    /// The server ends with its gateway, and the gateway with the one that its server runs on.
    private func end(with gateway: Gateway) async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                if let loss = await hop.waitUntilEnded(), gateway.isOpen { gateway.lose(hop: hop, loss) }
            }
            await gateway.waitUntilEnded()
            group.cancelAll()
        }
        await end()
    }

    private func end() async {
        try? channel.close()
        if runner !== hop { await runner.close() }
    }
}

/// Where a gateway's agent runs, as far as its description tells.
private enum Machine: Hashable {
    case this
    case host(String)
    case unknown

    init(of gateway: Gateway) {
        guard let spec = try? GatewaySpec(gateway.spec) else { self = .unknown; return }
        switch spec.place {
        case .popen: self = Machine(through: spec.via)
        case .socket(.unix): self = Machine(through: spec.via)
        case .installedSocket(let id): self = Machine(through: id)
        case .socket(.host(let host, _)) where spec.via == nil: self = Machine.isLoopback(host) ? .this : .host(host)
        case .socket, .command, .ssh: self = .unknown
        }
    }

    private init(through id: String?) {
        guard let id else { self = .this; return }
        self = (try? OpenGateways.find(id, for: "")).map(Machine.init(of:)) ?? .unknown
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.utf8.starts(with: "127.".utf8)
    }

    /// Where a server on it may be reached. Somebody else who listens there does not have the key.
    func hosts(_ interfaces: [String]) -> [String] {
        switch self {
        case .this: ["127.0.0.1"]
        case .host(let host): [host] + interfaces.filter { $0 != host }
        case .unknown: interfaces + ["127.0.0.1"]
        }
    }
}
