//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetLaunchers
import ExecnetSystem
import Logging
import NIOCore

/// Starts a shell behind SSH servers, by libssh2: one session through the other.
struct SSHSessions: Sendable {
    /// The servers to go through, and the last one is the place.
    let hops: [SSHHop]
    let credentials: SSHCredentials
    /// The gateway from whose machine the first server is reached.
    let via: Gateway?
    let logger: Logger
    let observer: SSHObserver

    func launch(_ shell: ShellCommand, gateway: String) async throws -> LaunchedStream {
        guard let last = hops.last else { throw GatewayError(.invalidSpec, "There is no host.", gateway: gateway) }
        let session = try await session(gateway)
        observer(.began(.transport))
        let program = try await connection(last, gateway).run(shell.line, session)
        observer(.ended(.transport, "libssh2 \(SSHLibrary.version ?? "")"))
        let poller = try PollerThread.shared()
        var stream = LaunchedStream(poller: poller, errors: program.errors, process: program.process) { endpoint in
            SSHLink(program, poller: poller, endpoint: endpoint)
        }
        stream.hop = via
        stream.heartbeat = last.heartbeat
        stream.tellsOfLoss = true
        return stream
    }

    private func connection(_ hop: SSHHop, _ gateway: String) -> SSHConnection {
        SSHConnection(
            hop: hop,
            credentials: credentials,
            gateway: gateway,
            logger: logger,
            observer: reporter(hop)
        )
    }

    /// Of several servers each names itself.
    private func reporter(_ hop: SSHHop) -> SSHObserver {
        guard hops.count > 1 else { return observer }
        return { [observer] event in observer(event.at(hop.name)) }
    }

    /// A session with the last server.
    private func session(_ gateway: String) async throws -> SSHSession {
        var outer: (session: SSHSession, connection: SSHConnection)?
        for hop in hops {
            let connection = connection(hop, gateway)
            let buffers = SSHBuffers()
            let transport: any SSHTransport
            var explain: Explanation?
            if let outer {
                reporter(hop)(.began(.connect))
                let start = MonotonicTime.now
                let channel = try await outer.connection.tunnel(to: hop, outer.session)
                transport = TunnelTransport(
                    outer.session,
                    channel,
                    buffers,
                    host: outer.connection.hop.name,
                    gateway: gateway,
                    roundTrip: start.until(.now)
                )
                reporter(hop)(.ended(.connect, "\(hop.target) through \(outer.connection.hop.name)"))
            } else {
                (transport, explain) = try await first(hop, buffers, gateway)
            }
            do {
                outer = (try await connection.logIn(transport, buffers), connection)
            } catch let error as GatewayError {
                throw await explain?(error) ?? error
            }
        }
        guard let outer else { throw GatewayError(.invalidSpec, "There is no host.", gateway: gateway) }
        return outer.session
    }

    /// Says more of why there is no session: whoever made the connection knows.
    private typealias Explanation = @Sendable (GatewayError) async -> GatewayError

    /// The way to the first server.
    private func first(
        _ hop: SSHHop,
        _ buffers: SSHBuffers,
        _ gateway: String
    ) async throws -> (any SSHTransport, Explanation?) {
        if let via { return try await connect(hop, from: via, buffers, gateway) }
        guard let command = hop.proxyCommand else {
            return (try await open(try await socket(hop, gateway), buffers, hop, gateway), nil)
        }
        let report = reporter(hop)
        report(.began(.connect))
        let proxy: ProxyCommand
        do throws(SystemError) {
            proxy = try ProxyCommand(command)
        } catch {
            throw GatewayError(
                .launchFailed,
                "The ProxyCommand of \(hop.name) did not start: \(error)",
                gateway: gateway
            )
        }
        let transport: SocketTransport
        do {
            transport = try await open(proxy.socket, buffers, hop, gateway)
        } catch {
            proxy.stop()
            throw error
        }
        transport.whenClosed { proxy.stop() }
        report(.ended(.connect, "by its ProxyCommand"))
        return (
            transport,
            { error in
                proxy.stop()
                var error = error
                if !proxy.complaint.isEmpty { error.standardError = [proxy.complaint] }
                return error
            }
        )
    }

    /// A connection from the machine of a gateway, which says only later if there is none.
    private func connect(
        _ hop: SSHHop,
        from via: Gateway,
        _ buffers: SSHBuffers,
        _ gateway: String
    ) async throws -> (any SSHTransport, Explanation) {
        let report = reporter(hop)
        report(.began(.connect))
        let stream: GatewayStream
        let socket: Descriptor
        do {
            stream = try await via.openStream(to: hop.target)
            socket = try stream.socket()
        } catch let error as GatewayError {
            throw error.behind(via.id, of: gateway)
        }
        let transport = try await open(socket, buffers, hop, gateway)
        report(.ended(.connect, "\(hop.target), from the machine of \(via.id)"))
        return (
            transport,
            { error in
                guard let refusal = await stream.refusal else { return error }
                return GatewayError(
                    Connector.Failure.Kind(rawValue: refusal.type)?.code ?? .launchFailed,
                    "\(hop.name) cannot be reached from the machine of \(via.id): \(refusal.message)",
                    gateway: gateway
                )
            }
        )
    }

    private func open(
        _ socket: Descriptor,
        _ buffers: SSHBuffers,
        _ hop: SSHHop,
        _ gateway: String
    ) async throws -> SocketTransport {
        do {
            return try await SocketTransport.open(socket, buffers)
        } catch {
            // The connection has ended before anybody looked.
            let message = "\(hop.name) closed the connection at once."
            throw GatewayError(.serverClosedEarly, message, gateway: gateway, cause: error)
        }
    }

    private func socket(_ hop: SSHHop, _ gateway: String) async throws -> Descriptor {
        let report = reporter(hop)
        do {
            report(.began(.resolve))
            let socket = try await Connector.connect(
                to: hop.target,
                within: hop.timeouts.connect,
                family: hop.addressFamily.socketFamily
            ) { addresses in
                report(.ended(.resolve, addresses.joined(separator: ", ")))
                report(.began(.connect))
            }
            report(.ended(.connect, "\(socket.peerHost ?? hop.host), port \(hop.port)"))
            return socket
        } catch let failure as Connector.Failure {
            throw GatewayError(failure.kind.code, "\(hop.name) cannot be reached: \(failure).", gateway: gateway)
        }
    }
}

extension SSHHop {
    fileprivate var target: Connector.Target { .tcp(host: host, port: port) }
}

extension GatewayStream {
    /// Why there is no connection, if that is how it ended. Nobody holds the socket any more, so it ends at once.
    fileprivate var refusal: RemoteError? {
        get async {
            do {
                try await channel.waitClose(timeout: .seconds(2))
                return nil
            } catch let error as RemoteError where error.kind == .refused {
                return error
            } catch {
                return nil
            }
        }
    }
}

extension Connector.Failure.Kind {
    fileprivate var code: GatewayError.Code {
        switch self {
        case .noAddress: .nameNotResolved
        case .refused: .connectionRefused
        case .timedOut: .connectTimedOut
        case .unreachable: .hostUnreachable
        case .other: .launchFailed
        }
    }
}

extension SSHConfig.AddressFamily {
    fileprivate var socketFamily: Int32 {
        switch self {
        case .any: AF_UNSPEC
        case .inet: AF_INET
        case .inet6: AF_INET6
        }
    }
}
