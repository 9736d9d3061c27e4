//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetSystem
package import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

/// A connection over which TLS is spoken, with a handler of the caller's behind it.
package enum TLSConnection {
    /// Large pieces: with the usual few kilobytes most of the time goes into calls of the system.
    static let piece = 256 * 1_024

    /// Shakes hands as a client over a connected socket, which the connection takes over.
    ///
    /// - Parameter handler: what takes the bytes; made on the connection's own thread.
    /// - Throws: ``SecurityError``, `CancellationError`.
    package static func connect<Handler: ChannelInboundHandler & SendableMetatype>(
        _ socket: Descriptor,
        client: TLSClient,
        handler: @escaping @Sendable () -> Handler
    ) async throws -> (channel: any NIOCore.Channel, handler: NIOLoopBound<Handler>) {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        return try await client.explained {
            let channel = try await Handshake.perform(on: loop, verify: client.verify) { handshake in
                try await ClientBootstrap(group: loop)
                    .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: piece))
                    .channelOption(.writeBufferWaterMark, value: .init(low: piece, high: 4 * piece))
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            let handlers: [any ChannelHandler] = [
                                try client.makeHandler(), HandshakeHandler(handshake), handler(),
                            ]
                            try channel.pipeline.syncOperations.addHandlers(handlers)
                        }
                    }
                    .withConnectedSocket(socket.release()).get()
            }
            let bound = try await loop.submit {
                NIOLoopBound(try channel.pipeline.syncOperations.handler(type: Handler.self), eventLoop: loop)
            }.get()
            return (channel, bound)
        }
    }
}

/// Waits for the handshake, and then leaves.
private final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    private let handshake: EventLoopPromise<Void>

    init(_ handshake: EventLoopPromise<Void>) { self.handshake = handshake }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event { handshake.succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        handshake.fail(error)
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        handshake.fail(SecurityError("the server closed the connection before TLS was there"))
        context.fireChannelInactive()
    }
}
