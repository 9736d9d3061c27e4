//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import NIOCore

/// What a connection of TLS begins with.
enum Handshake {
    /// How long it may take.
    private static let patience = TimeAmount.seconds(10)

    /// Opens a connection and waits for its handshake. One that fails, takes too long or is cancelled leaves no connection.
    ///
    /// - Parameters:
    ///   - verify: looks at the connection afterwards, and throws if it is not to be trusted.
    ///   - open: makes the connection, of which a handler keeps the promise, or breaks it.
    static func perform(
        on loop: any EventLoop,
        verify: (any NIOCore.Channel) async throws -> Void,
        open: (EventLoopPromise<Void>) async throws -> any NIOCore.Channel
    ) async throws -> any NIOCore.Channel {
        let promise = loop.makePromise(of: Void.self)
        let timer = loop.scheduleTask(in: patience) { promise.fail(SecurityError("the handshake took too long")) }
        defer { timer.cancel() }
        let channel: any NIOCore.Channel
        do {
            channel = try await open(promise)
        } catch {
            // There may be no handler, and a promise that nobody keeps or breaks ends a debug build.
            promise.fail(error)
            throw error
        }
        do {
            try await withTaskCancellationHandler {
                try await promise.futureResult.get()
            } onCancel: {
                promise.fail(CancellationError())
            }
            try await verify(channel)
            return channel
        } catch {
            channel.close(promise: nil)
            throw error
        }
    }
}
