//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import NIOCore
import NIOPosix

/// A session's bytes over a connected socket.
final class SocketTransport: SSHTransport {
    /// What is read at once, and what waits in NIO before the session stops to write.
    static let piece = 256 * 1_024

    private let channel: any NIOCore.Channel
    private let handler: NIOLoopBound<SocketTransportHandler>
    let roundTrip: Duration?
    var loop: any EventLoop { channel.eventLoop }

    private init(
        _ channel: any NIOCore.Channel,
        _ handler: NIOLoopBound<SocketTransportHandler>,
        roundTrip: Duration?
    ) {
        self.channel = channel
        self.handler = handler
        self.roundTrip = roundTrip
    }

    /// Takes a connected socket over. What comes goes to the buffers, beginning at once.
    static func open(_ socket: Descriptor, _ buffers: SSHBuffers) async throws -> SocketTransport {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let roundTrip = socket.roundTrip
        // Made beforehand, as the pipeline of a connection that ends at once is empty when one comes to look.
        let handler = try await loop.submit {
            NIOLoopBound(SocketTransportHandler(buffers, isTCP: roundTrip != nil), eventLoop: loop)
        }.get()
        let channel = try await ClientBootstrap(group: loop)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: piece))
            .channelOption(.writeBufferWaterMark, value: .init(low: piece, high: 2 * piece))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler.value)
                }
            }
            .withConnectedSocket(socket.release()).get()
        return SocketTransport(channel, handler, roundTrip: roundTrip)
    }

    /// Calls an action when it is over.
    func whenClosed(_ action: @escaping @Sendable () -> Void) {
        channel.closeFuture.whenComplete { _ in action() }
    }

    func write(_ bytes: ByteBuffer) { channel.writeAndFlush(bytes, promise: nil) }

    func close() {
        // A close throws away what is still to be written, so it waits for an empty write behind all of that.
        channel.writeAndFlush(ByteBuffer()).whenComplete { [channel] _ in channel.close(promise: nil) }
        // A server that reads nothing any more must not keep it.
        channel.eventLoop.scheduleTask(in: .seconds(1)) { [channel] in channel.close(promise: nil) }
    }

    func attach(_ delegate: NIOLoopBound<any SSHTransportDelegate>) {
        channel.eventLoop.execute { [handler] in handler.value.attach(delegate.value) }
    }
}

/// The transport's part on its loop.
private final class SocketTransportHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let buffers: SSHBuffers
    private let isTCP: Bool
    private var delegate: (any SSHTransportDelegate)?

    init(_ buffers: SSHBuffers, isTCP: Bool) {
        self.buffers = buffers
        self.isTCP = isTCP
    }

    func attach(_ delegate: any SSHTransportDelegate) {
        self.delegate = delegate
        delegate.newsArrived()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isTCP { acknowledgeAtOnce(context.channel) }
        buffers.received(unwrapInboundIn(data))
        delegate?.newsArrived()
        if !context.channel.isWritable { limitOutput(context.channel) }
    }

    private func limitOutput(_ channel: any NIOCore.Channel) {
        let waiting = try? channel.syncOptions?.getOption(.bufferedWritableBytes)
        guard let waiting, waiting > SSHBuffers.unreadLimit else { return }
        buffers.refuseToKeep()
        channel.close(promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        delegate?.writabilityChanged(context.channel.isWritable)
    }

    func channelInactive(context: ChannelHandlerContext) {
        buffers.end(nil)
        delegate?.newsArrived()
        delegate = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// OpenSSH's server holds a small packet back until the one before is acknowledged, which else takes 40 ms. To be said again and
    /// again: the system forgets it.
    private func acknowledgeAtOnce(_ channel: any NIOCore.Channel) {
        #if os(Linux)
            let option = ChannelOptions.Types.SocketOption(level: .init(IPPROTO_TCP), name: .init(TCP_QUICKACK))
            try? channel.syncOptions?.setOption(option, value: 1)
        #endif
    }
}
