//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetSystem
package import NIOCore
import NIOPosix
package import NIOSSL
import NIOTLS

/// A connection over which TLS is spoken, with a handler of the caller's behind it.
package enum TLSConnection {
    /// How long a handshake may take.
    static let patience = TimeAmount.seconds(10)
    /// Large pieces: with the usual few kilobytes most of the time goes into calls of the system.
    static let piece = 256 * 1_024

    /// Shakes hands as a client over a connected socket, which the connection takes over.
    ///
    /// - Parameters:
    ///   - host: the name that the server's certificate has to be for; nil with a key, or if the address has to be in it.
    ///   - handler: what takes the bytes; made on the connection's own thread.
    /// - Throws: ``SecurityError``, `CancellationError`.
    package static func connect<Handler: ChannelInboundHandler & SendableMetatype>(
        _ socket: Descriptor,
        context: NIOSSLContext,
        host: String?,
        handler: @escaping @Sendable () -> Handler
    ) async throws -> (channel: any NIOCore.Channel, handler: NIOLoopBound<Handler>) {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let handshake = loop.makePromise(of: Void.self)
        let timer = loop.scheduleTask(in: patience) { handshake.fail(SecurityError("the handshake took too long")) }
        defer { timer.cancel() }
        do {
            let channel = try await ClientBootstrap(group: loop)
                .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: piece))
                .channelOption(.writeBufferWaterMark, value: .init(low: piece, high: 4 * piece))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let tls = try NIOSSLClientHandler(context: context, serverHostname: host)
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandlers([tls, HandshakeHandler(handshake), handler()])
                    }
                }
                .withConnectedSocket(socket.duplicate()).get()
            socket.close()
            do {
                try await withTaskCancellationHandler {
                    try await handshake.futureResult.get()
                } onCancel: {
                    handshake.fail(CancellationError())
                }
                let bound = try await channel.eventLoop.submit {
                    NIOLoopBound(try channel.pipeline.syncOperations.handler(type: Handler.self), eventLoop: loop)
                }.get()
                return (channel, bound)
            } catch {
                channel.close(promise: nil)
                throw error
            }
        } catch let error as CancellationError {
            throw error
        } catch {
            handshake.fail(error)
            throw error as? SecurityError ?? SecurityError(TLSRelay.reason(of: error))
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
