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
    /// How long one that was given up has for its end when the system has no room for more.
    private static let pause = Duration.milliseconds(20)
    /// How often that is waited for.
    private static let attempts = 25

    /// Accepts what is there. Runs on the poller's thread.
    func accept(from listener: Listener) {
        for _ in 0..<SocketServer.acceptedAtOnce {
            do throws(SystemError) {
                try DescriptorLimit.expectRoom(beside: listener.descriptor)
            } catch {
                return rest(listener, error)
            }
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
        // Without descriptors it fails whether anybody is waiting or not.
        guard listener.isAwaited else { return }
        logger.warning("cannot accept", metadata: ["address": "\(listener.text)", "error": "\(error)"])
        if let oldest = state.withLock({ $0.pending.removeOldest() }) { drop(oldest, because: "there is no room") }
        poller.watch(listener.descriptor.value, read: false, write: false)
        schedule(after: SocketServer.pause) { $0.poller.watch(listener.descriptor.value, read: true, write: false) }
    }

    /// Does something that takes descriptors. While there are none left, connections that are older and have not asked for anything yet
    /// have to go, one after the other; never a younger one, or those that wait would give up each other.
    func withRoom<R>(
        for connection: Connection,
        _ body: () throws(SystemError) -> R
    ) async throws(SystemError) -> R {
        var attempt = 0
        while true {
            do throws(SystemError) {
                try DescriptorLimit.expectRoom(beside: connection.socket)
                return try body()
            } catch {
                attempt += 1
                guard error.number == EMFILE || error.number == ENFILE, attempt < SocketServer.attempts else {
                    throw error
                }
                let oldest = state.withLock { $0.pending.removeOldest(before: connection.number) }
                if let oldest { drop(oldest, because: "there is no room") }
                await withCheckedContinuation { continuation in
                    poller.schedule(after: SocketServer.pause) { continuation.resume() }
                }
            }
        }
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
        guard let limit = configuration.idleTimeout, state.withLock({ $0.beginWatchingIdleness() }) else { return }
        stop(whenIdleFor: limit, in: limit)
    }

    private func stop(whenIdleFor limit: Duration, in rest: Duration) {
        schedule(after: rest) { server in
            guard let rest = server.state.withLock({ $0.restOfIdleness(limit) }) else { return }
            guard rest <= .zero else { return server.stop(whenIdleFor: limit, in: rest) }
            server.logger.info("there was no connection for long")
            server.stop()
        }
    }
}
