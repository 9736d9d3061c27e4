//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSSH
import ExecnetCore
import ExecnetSystem
import Logging
import NIOCore

/// The way to one server, up to a session that is logged in.
struct SSHConnection: Sendable {
    let hop: SSHHop
    let credentials: SSHCredentials
    let gateway: String
    let logger: Logger
    let observer: SSHObserver

    /// Shakes hands, checks the server's key and logs in. Either that succeeds, or nothing is left.
    func logIn(_ transport: any SSHTransport, _ buffers: SSHBuffers) async throws -> SSHSession {
        let session = try SSHSession(transport, buffers)
        return try await whole(session) {
            try await within(hop.timeouts.handshake, .handshake, session) { limit in
                try await shakeHands(session, limit)
            }
            try await within(hop.timeouts.authentication, .authentication, session) { limit in
                try await authenticate(session, limit)
            }
            return session
        }
    }

    /// Runs a command line by the user's login shell. Ends the session if that fails.
    func run(_ line: String, _ session: SSHSession) async throws -> SSHProgram {
        try await whole(session) {
            try await within(hop.timeouts.session, .session, session) { _ in
                let window = SSHStream.window(session.transport.roundTrip)
                do throws(SSHFailure) {
                    let channel = try await channel(session) {
                        execnet_ssh_channel_open($0, window, SSHStream.packet, $1)
                    }
                    let result = await session.settled { _ in
                        line.withCString { execnet_ssh_exec(channel.pointer, $0, line.utf8.count) }
                    }
                    guard result == 0 else { throw session.failure(result) }
                    return SSHProgram(session, channel, host: hop.name)
                } catch {
                    throw refused(
                        session,
                        error,
                        .sessionRefused,
                        "\(hop.name) let \(hop.user) in, but runs no command. Look at MaxSessions in its sshd_config."
                    )
                }
            }
        }
    }

    /// Has the server connect further. Ends the session if that fails.
    func tunnel(to next: SSHHop, _ session: SSHSession) async throws -> SSHChannel {
        try await whole(session) {
            try await within(hop.timeouts.session, .tunnel, session) { _ in
                let window = SSHStream.window(session.transport.roundTrip)
                do throws(SSHFailure) {
                    return try await channel(session) {
                        execnet_ssh_tunnel_open(
                            $0,
                            next.host,
                            UInt16(clamping: next.port),
                            window,
                            SSHStream.packet,
                            $1
                        )
                    }
                } catch {
                    throw refused(
                        session,
                        error,
                        .tunnelRefused,
                        """
                        \(hop.name) let \(hop.user) in, but does not connect to \(next.host):\(next.port). Look at AllowTcpForwarding in its \
                        sshd_config, and whether it reaches that host.
                        """
                    )
                }
            }
        }
    }

    private func channel(
        _ session: SSHSession,
        _ open: @Sendable (OpaquePointer, UnsafeMutablePointer<OpaquePointer?>) -> Int32
    ) async throws(SSHFailure) -> SSHChannel {
        try await session.settled { handle -> SSHCall<SSHChannel> in
            var channel: OpaquePointer?
            switch SSHCall(open(handle, &channel)) {
            case .done: return channel.map { .done(SSHChannel(pointer: $0)) } ?? .failed(SSHCode.failed)
            case .again: return .again
            case .failed(let code): return .failed(code)
            }
        }.get()
    }

    // MARK: limits and ends

    /// Leaves nothing of a session if what was to be done with it fails.
    private func whole<R>(_ session: SSHSession, _ body: () async throws -> R) async throws -> R {
        do {
            return try await withTaskCancellationHandler(operation: body) { session.abort(nil) }
        } catch {
            session.abort(nil)
            session.close()
            if Task.isCancelled { throw CancellationError() }
            // What ended the session is the reason for what failed in it.
            throw session.buffers.reason ?? error
        }
    }

    private func within<R>(
        _ limit: Duration,
        _ layer: SSHLayer,
        _ session: SSHSession,
        _ body: (TimeLimit) async throws -> R
    ) async throws -> R {
        let timer = TimeLimit(limit, on: try PollerThread.shared()) {
            session.abort(layer.timedOut(hop.name, after: limit, gateway: gateway))
        }
        timer.start()
        defer { timer.stop() }
        return try await body(timer)
    }

    func error(_ code: GatewayError.Code, _ message: String, cause: (any Error)? = nil) -> GatewayError {
        GatewayError(code, message, gateway: gateway, cause: cause)
    }

    /// The server does not do what is asked of a session.
    private func refused(
        _ session: SSHSession,
        _ failure: SSHFailure,
        _ code: GatewayError.Code,
        _ message: String
    ) -> GatewayError {
        let refusals = [SSHCode.openRefused, SSHCode.requestRefused]
        guard refusals.contains(failure.code) else { return lost(session, failure) }
        let text = session.call { handle in
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: SSHText.limit) { buffer -> String in
                guard let start = buffer.baseAddress else { return "" }
                _ = execnet_ssh_refusal(handle, start, buffer.count)
                return SSHText.printable(String(cString: start).utf8)
            }
        }
        let reason = text.flatMap { $0.isEmpty ? nil : " It said: \($0)." } ?? ""
        return error(code, message + reason)
    }

    /// The connection ended too early, or what came on it is wrong.
    func lost(_ session: SSHSession, _ failure: SSHFailure) -> GatewayError {
        guard [SSHCode.transportEnded, SSHCode.disconnected].contains(failure.code) else {
            return error(.protocolViolation, "What \(hop.name) sent cannot be used. libssh2 says: \(failure).")
        }
        let farewell = session.buffers.farewell.map { " It said: \($0)" } ?? ""
        return error(.serverClosedEarly, "\(hop.name) closed the connection.\(farewell)")
    }
}
