//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import Logging
import Synchronization

extension SocketServer {
    /// Connections that are accepted in one turn; the poller has others to look after.
    private static let acceptedAtOnce = 64
    /// How long nothing is accepted when the system has no room for more.
    private static let pause = Duration.milliseconds(20)

    /// Accepts what is there. Runs on the poller's thread.
    func accept(from listener: Listener) {
        for _ in 0..<SocketServer.acceptedAtOnce {
            switch listener.accept() {
            case .connection(let socket, let peer): admit(socket, peer)
            case .nothing: return
            case .failed(let number): return rest(listener, SystemError("accept a connection", number: number))
            }
        }
    }

    private func admit(_ socket: Descriptor, _ peer: String) {
        let (connection, superfluous, isFirst) = state.withLock { state in
            let number = state.nextNumber()
            var logger = logger
            logger[metadataKey: "connection"] = "\(number)"
            logger[metadataKey: "peer"] = "\(peer)"
            let connection = Connection(number: number, socket: socket, peer: peer, logger: logger)
            let superfluous = state.add(connection, now: .now)
            state.connections?.yield(connection)
            defer { state.isExpiryScheduled = true }
            return (connection, superfluous, !state.isExpiryScheduled)
        }
        connection.logger.debug("connected")
        if let superfluous { drop(superfluous, because: "too many connections have not made their request yet") }
        if isFirst { scheduleExpiry() }
    }

    /// Makes room by giving up the oldest connection that has not asked for anything yet, and waits for that.
    private func rest(_ listener: Listener, _ error: SystemError) {
        logger.warning("cannot accept", metadata: ["address": "\(listener.text)", "error": "\(error)"])
        if let oldest = state.withLock({ $0.pending.removeOldest() }) { drop(oldest, because: "there is no room") }
        poller.watch(listener.descriptor.value, read: false, write: false)
        schedule(after: SocketServer.pause) { $0.poller.watch(listener.descriptor.value, read: true, write: false) }
    }

    // MARK: pending connections

    private func scheduleExpiry() {
        guard let deadline = state.withLock({ $0.pending.deadline }) else {
            return state.withLock { $0.isExpiryScheduled = false }
        }
        schedule(after: MonotonicTime.now.until(deadline)) { server in
            for number in server.state.withLock({ $0.pending.expire(now: .now) }) {
                server.drop(number, because: "it has not made its request in time")
            }
            server.scheduleExpiry()
        }
    }

    /// Gives up a connection that is not pending any more. One that waits for a process is told that there is none.
    func drop(_ number: UInt64, because reason: String) {
        let (connection, waiting) = state.withLock { ($0.open[number], $0.stopWaiting(number)) }
        if let waiting { return waiting.resume(returning: nil) }
        connection?.logger.info("dropped", metadata: ["reason": "\(reason)"])
        connection?.abort()
    }

    // MARK: idleness

    /// Ends the server if there is no connection for as long as it may be without one.
    func watchIdleness() {
        guard let limit = configuration.idleTimeout else { return }
        guard let idleness = state.withLock({ $0.idleness }) else { return }
        schedule(after: limit) { server in
            guard server.state.withLock({ $0.idleness }) == idleness else { return }
            server.logger.info("there was no connection for long")
            server.stop()
        }
    }
}
