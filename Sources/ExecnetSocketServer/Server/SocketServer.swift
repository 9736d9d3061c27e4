//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetSystem
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Starts processes for those who connect to it, with the connection as their standard input and output.
///
/// What is spoken then is the client's business and the process's, so that one server does for every version of both.
package final class SocketServer: Sendable {
    let configuration: SocketServerConfiguration
    let logger: Logger
    let poller: Poller
    let state: Mutex<ServerState>

    package init(_ configuration: SocketServerConfiguration) throws(SystemError) {
        self.configuration = configuration
        logger = configuration.logger
        poller = try PollerThread.shared()
        state = Mutex(ServerState(configuration))
    }

    /// Serves until it is stopped, and then until its last process has ended. Cancelling is a stop without grace. To be called once.
    package func run() async throws {
        let opened = try open()
        let group = opened.context.map { _ in MultiThreadedEventLoopGroup(numberOfThreads: min(System.coreCount, 4)) }
        let tls = opened.context.flatMap { context in group.map { TLS(context: context, group: $0) } }
        await withTaskCancellationHandler {
            await serve(opened.listeners, tls: tls, environment: opened.environment)
        } onCancel: {
            stop(grace: .zero)
        }
        forgetTimers()
        try await group?.shutdownGracefully()
        logger.info("stopped")
    }

    /// What TLS takes.
    struct TLS: Sendable {
        var context: NIOSSLContext
        var group: MultiThreadedEventLoopGroup
    }

    private func serve(_ listeners: [Listener], tls: TLS?, environment: ProcessEnvironment) async {
        let (connections, continuation) = AsyncStream.makeStream(of: Connection.self)
        begin(listeners, continuation)
        await withDiscardingTaskGroup { tasks in
            for await connection in connections {
                tasks.addTask { await self.serve(connection, tls: tls, environment: environment) }
            }
        }
    }

    private func begin(_ listeners: [Listener], _ connections: AsyncStream<Connection>.Continuation) {
        let isStopped = state.withLock { state in
            state.listeners = listeners
            state.connections = connections
            return state.isStopping
        }
        guard !isStopped else { return closeListeners() }
        for listener in listeners {
            do {
                try poller.add(listener.descriptor.value) { self.accept(from: listener) }
            } catch {
                logger.error(
                    "cannot wait for connections",
                    metadata: ["address": "\(listener.text)", "error": "\(error)"]
                )
            }
            logger.info("listening", metadata: ["address": "\(listener.text)"])
        }
        configuration.whenListening(listeners.map(\.text))
        watchIdleness()
    }

    // MARK: stop

    /// Accepts no more connections, lets processes go on for a while, and then ends them.
    package func stop() { stop(grace: configuration.grace) }

    /// Ends all at once.
    package func stopNow() {
        stop(grace: .zero)
        let (processes, connections) = state.withLock { ($0.processes, Array($0.open.values)) }
        for process in processes { process.kill() }
        for connection in connections { connection.abort() }
    }

    private func stop(grace: Duration) {
        let pending = state.withLock { $0.stop() }
        guard let pending else { return endProcesses(after: grace) }
        logger.info("stopping")
        closeListeners()
        for connection in pending { drop(connection, because: "the server stops") }
        endProcesses(after: grace)
    }

    private func endProcesses(after grace: Duration) {
        guard grace > .zero else {
            for process in state.withLock({ $0.processes }) { process.terminate() }
            return
        }
        schedule(after: grace) { server in server.endProcesses(after: .zero) }
    }

    private func closeListeners() {
        let (listeners, connections) = state.withLock { ($0.listeners.take(), $0.connections.take()) }
        for listener in listeners ?? [] {
            poller.remove(listener.descriptor.value)
            listener.close()
        }
        connections?.finish()
    }

    // MARK: timers

    func schedule(after delay: Duration, _ action: @escaping @Sendable (SocketServer) -> Void) {
        state.withLock { state in
            let number = state.nextTimer()
            state.timers[number] = poller.schedule(after: delay) {
                self.state.withLock { $0.timers[number] = nil }
                action(self)
            }
        }
    }

    private func forgetTimers() {
        for timer in state.withLock({ $0.timers.values }) { poller.cancel(timer) }
    }
}
