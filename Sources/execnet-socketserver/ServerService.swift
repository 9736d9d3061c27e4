//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSocketServer
import ServiceLifecycle
import UnixSignals

/// The server as a service: the group's stop is its stop.
///
/// It takes signals itself, because a group takes one only: here the second ends everything at once. And there must not be two who take
/// the same signal.
struct ServerService: Service {
    let server: SocketServer

    func run() async throws {
        // Before the server listens, so that no signal comes too early.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask {
                try await withGracefulShutdownHandler {
                    try await server.run()
                } onGracefulShutdown: {
                    server.stop()
                }
            }
            tasks.addTask {
                var isFirst = true
                for await _ in signals {
                    if isFirst { server.stop() } else { server.stopNow() }
                    isFirst = false
                }
                // Cancelled: the server has ended.
            }
            defer { tasks.cancelAll() }
            try await tasks.next()
        }
    }
}
