//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSocketServer
import ServiceLifecycle
import UnixSignals

/// The server as a service: the group's stop is its stop, and a signal after that ends it at once.
struct ServerService: Service {
    let server: SocketServer

    func run() async throws {
        try await withThrowingTaskGroup { tasks in
            tasks.addTask {
                try await withGracefulShutdownHandler {
                    try await server.run()
                } onGracefulShutdown: {
                    server.stop()
                }
            }
            tasks.addTask {
                // The group takes one signal only, so the second comes here.
                try? await gracefulShutdown()
                for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { server.stopNow() }
            }
            defer { tasks.cancelAll() }
            try await tasks.next()
        }
    }
}
