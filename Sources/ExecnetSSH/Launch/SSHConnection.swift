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

    /// Shakes hands, checks the server's key and logs in. Either that succeeds, or nothing is left.
    func logIn(_ transport: any SSHTransport, _ buffers: SSHBuffers) async throws -> SSHSession {
        let session = try SSHSession(transport, buffers)
        return try await whole(session) {
            try await within(hop.timeouts.handshake, .handshake, session) { _ in
                try await shakeHands(session)
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
                let channel = try await channel(session) {
                    execnet_ssh_channel_open($0, window, SSHStream.packet, $1)
                }
                let result = await session.settled { _ in
                    line.withCString { execnet_ssh_exec(channel.pointer, $0, line.utf8.count) }
                }
                guard result == 0 else { throw refused(session, result) }
                return SSHProgram(session, channel, host: hop.name)
            }
        }
    }

    /// Has the server connect further. Ends the session if that fails.
    func tunnel(to host: String, _ port: Int, _ session: SSHSession) async throws -> SSHChannel {
        try await whole(session) {
            try await within(hop.timeouts.session, .session, session) { _ in
                let window = SSHStream.window(session.transport.roundTrip)
                return try await channel(session) {
                    execnet_ssh_tunnel_open($0, host, UInt16(clamping: port), window, SSHStream.packet, $1)
                }
            }
        }
    }

    private func channel(
        _ session: SSHSession,
        _ open: @Sendable (OpaquePointer, UnsafeMutablePointer<OpaquePointer?>) -> Int32
    ) async throws -> SSHChannel {
        let result = await session.settled { handle -> SSHCall<SSHChannel> in
            var channel: OpaquePointer?
            switch SSHCall(open(handle, &channel)) {
            case .done: return channel.map { .done(SSHChannel(pointer: $0)) } ?? .failed(SSHCode.failed)
            case .again: return .again
            case .failed(let code): return .failed(code)
            }
        }
        switch result {
        case .success(let channel): return channel
        case .failure(let failure): throw refused(session, failure.code)
        }
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

    /// The server does not do what a session needs.
    private func refused(_ session: SSHSession, _ code: Int32) -> GatewayError {
        guard code == SSHCode.openRefused || code == SSHCode.requestRefused else { return lost(session) }
        let text = session.call { handle in
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: SSHText.limit) { buffer -> String in
                guard let start = buffer.baseAddress else { return "" }
                _ = execnet_ssh_refusal(handle, start, buffer.count)
                return SSHText.printable(String(cString: start).utf8)
            }
        }
        let reason = text.flatMap { $0.isEmpty ? nil : " (\($0))" } ?? ""
        return error(
            .sessionRefused,
            "\(hop.name) let us log in, but refused to go on\(reason). Look at MaxSessions and AllowTcpForwarding of its sshd."
        )
    }

    /// The connection ended too early.
    func lost(_ session: SSHSession) -> GatewayError {
        let farewell = session.buffers.farewell.map { " It said: \($0)" } ?? ""
        return error(.serverClosedEarly, "\(hop.name) closed the connection.\(farewell)")
    }
}
