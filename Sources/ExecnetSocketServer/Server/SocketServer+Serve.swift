//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTLS
import Logging
import NIOSSL
import Synchronization

extension SocketServer {
    /// Serves one connection to its end.
    func serve(_ connection: Connection, tls: TLS?, environment: ProcessEnvironment) async {
        do throws(Refusal) {
            try await identify(connection, tls: tls, environment: environment)
        } catch {
            await refuse(connection, connection.socket, error)
        }
        state.withLock { $0.remove(connection) }
        connection.close()
        connection.logger.debug("closed")
        watchIdleness()
    }

    /// Looks at the first byte, which tells TLS, requests and Python's strings from one another.
    private func identify(
        _ connection: Connection,
        tls: TLS?,
        environment: ProcessEnvironment
    ) async throws(Refusal) {
        guard let first = await connection.socket.firstByte(poller) else { throw .gone }
        let isTLS = first == SocketServer.handshakeRecord
        if let tls {
            guard isTLS else {
                throw Refusal(.malformed, "this server takes TLS only; give the client the server's key")
            }
            return try await relay(connection, tls: tls, environment: environment)
        }
        guard !isTLS else { throw Refusal(.malformed, "this server has no TLS; use it without a key") }
        if configuration.servesPythonSource, PythonSource.begins(with: first) {
            return try await runPython(connection, environment: environment)
        }
        await speak(over: connection.socket, connection, environment: environment)
    }

    /// With this byte every connection of TLS begins, and no request.
    private static let handshakeRecord: UInt8 = 22

    private func relay(_ connection: Connection, tls: TLS, environment: ProcessEnvironment) async throws(Refusal) {
        let relay: TLSRelay
        do {
            let socket = try await withRoom(for: connection) { () throws(SystemError) in
                try connection.socket.duplicate()
            }
            relay = try await TLSRelay.open(
                socket,
                group: tls.group,
                pair: {
                    try await withRoom(for: connection) { () throws(SystemError) in try DescriptorPair.sockets() }
                },
                handler: { NIOSSLServerHandler(context: tls.context) }
            )
        } catch {
            throw Refusal(nil, "no TLS came about: \(TLSRelay.reason(of: error))")
        }
        await speak(over: relay.inside, connection, environment: environment)
        relay.inside.close()
        // A client that does not read the rest must not keep its connection for ever.
        let limit = poller.schedule(after: configuration.limits.clientGone) { connection.abort() }
        await relay.ended()
        poller.cancel(limit)
    }

    // MARK: requests

    private func speak(over stream: Descriptor, _ connection: Connection, environment: ProcessEnvironment) async {
        do throws(Refusal) {
            switch try Request(line: try await stream.requestLine(poller)) {
            case .run(let token, let command):
                try await run(environment.plan("/bin/sh", ["sh", "-c", command]), token, stream, connection)
            case .attach(let token): try await attach(token, stream, connection)
            }
            await stream.finishSending(poller, within: configuration.limits.closing)
        } catch {
            await refuse(connection, stream, error)
        }
    }

    private func runPython(_ connection: Connection, environment: ProcessEnvironment) async throws(Refusal) {
        let plan = try PythonSource.plan(environment, peer: connection.peer)
        try await run(plan, nil, connection.socket, connection)
        await connection.socket.finishSending(poller, within: configuration.limits.closing)
    }

    private func refuse(_ connection: Connection, _ stream: Descriptor, _ refusal: Refusal) async {
        // That a connection has gone without a word, or has been dropped, is no news.
        let level: Logger.Level = refusal == .gone ? .debug : .info
        connection.logger.log(level: level, "refused", metadata: ["reason": "\(refusal)"])
        guard refusal.code != nil else { return }
        stream.sendLine(refusal.line)
        await stream.finishSending(poller, within: configuration.limits.closing)
    }

    // MARK: run

    private func run(
        _ plan: ProcessPlan,
        _ token: Token?,
        _ stream: Descriptor,
        _ connection: Connection
    ) async throws(Refusal) {
        let process = try await start(plan, token, stream, connection)
        let status = await process.run()
        state.withLock { $0.ended(process) }
        guard let token else { return stopIfOnce() }
        process.errors.end("\n\(token) ended \(status.words)\n")
        schedule(after: configuration.limits.statusKept) { server in
            server.state.withLock { $0.forget(token) }
            server.stopIfOnce()
        }
        if process.errors.wasAttached { stopIfOnce() }
    }

    private func start(
        _ plan: ProcessPlan,
        _ token: Token?,
        _ stream: Descriptor,
        _ connection: Connection
    ) async throws(Refusal) -> ServedProcess {
        try state.withLock { state throws(Refusal) in try state.reserve(token) }
        let process: ServedProcess
        do throws(SystemError) {
            process = try await withRoom(for: connection) { () throws(SystemError) in
                try ServedProcess(
                    plan,
                    stream: stream,
                    socket: connection.socket,
                    poller: poller,
                    limits: configuration.limits,
                    logger: connection.logger
                )
            }
        } catch {
            state.withLock { $0.failed(token) }
            throw Refusal(.failed, "\(error)")
        }
        let (waiting, isStopping) = state.withLock { state in
            state.pending.remove(connection.number)
            return (state.started(process, token), state.isStopping)
        }
        for wait in waiting { wait.resume(returning: process) }
        // A stop that came between did not know of it.
        if isStopping { process.terminate() }
        return process
    }

    /// The one process of a server that serves once is over, and its end has been told or nobody has asked for it.
    private func stopIfOnce() { if configuration.servesOnce { stop() } }

    // MARK: attach

    private func attach(_ token: Token, _ stream: Descriptor, _ connection: Connection) async throws(Refusal) {
        guard let process = await awaitProcess(of: token, connection) else {
            throw Refusal(.unknown, "no process has that token")
        }
        state.withLock { $0.pending.remove(connection.number) }
        connection.logger.debug("attached", metadata: ["pid": "\(process.pid)"])
        await process.writeErrors(to: stream) { connection.abort() }
        if process.hasEnded { stopIfOnce() }
    }

    private func awaitProcess(of token: Token, _ connection: Connection) async -> ServedProcess? {
        if let process = state.withLock({ $0.process(of: token) }) { return process }
        return await withCheckedContinuation { continuation in
            let (waits, process) = state.withLock { state in
                (state.wait(connection.number, for: token, continuation), state.process(of: token))
            }
            if !waits { continuation.resume(returning: process) }
        }
    }
}
