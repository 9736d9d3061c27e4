//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import ExecnetTLS
import NIOCore
import Synchronization

/// A link over TLS. One thread of NIO's encrypts and moves the bytes of a connection.
final class TLSLink: Link {
    private let channel: any NIOCore.Channel
    private let handler: NIOLoopBound<TLSLinkHandler>
    private let endpoint: Endpoint
    private let poller: Poller
    private let isFlushRequested = Atomic(false)

    init(_ channel: any NIOCore.Channel, _ handler: NIOLoopBound<TLSLinkHandler>, poller: Poller, endpoint: Endpoint) {
        self.channel = channel
        self.handler = handler
        self.poller = poller
        self.endpoint = endpoint
    }

    func start() { channel.eventLoop.execute { [handler, endpoint] in handler.value.start(endpoint) } }

    func flush() {
        guard !isFlushRequested.exchange(true, ordering: .acquiringAndReleasing) else { return }
        channel.eventLoop.execute { [self] in
            isFlushRequested.store(false, ordering: .releasing)
            handler.value.write()
        }
    }

    func flushSoon() { flush() }

    /// The bytes come on another thread.
    func receiveInPlace() -> Bool { false }

    /// All happens on the loop.
    var writesOnReadersThread: Bool { true }

    func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> UInt64 {
        poller.schedule(after: delay, action)
    }

    func cancel(_ timer: UInt64) { poller.cancel(timer) }

    func disconnect() { channel.eventLoop.execute { [handler] in handler.value.disconnect() } }
}

/// The link's part on the connection's own thread.
final class TLSLinkHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var context: ChannelHandlerContext?
    private var endpoint: Endpoint?
    /// What came before the link was started.
    private var early: [ByteBuffer] = []
    private var hasEnded = false
    private var hasHeard = false
    /// What the other side had against this one before it said anything.
    private var refusal: (any Error)?
    /// What is to be made of that.
    private let distrust: @Sendable (any Error) -> GatewayError
    /// Set while more is being written than the connection takes.
    private var isBlocked = false

    init(distrust: @escaping @Sendable (any Error) -> GatewayError) { self.distrust = distrust }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func start(_ endpoint: Endpoint) {
        self.endpoint = endpoint
        for bytes in early { endpoint.received(bytes) }
        early = []
        if hasEnded { end() }
        write()
    }

    // MARK: reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        hasHeard = true
        if let endpoint { endpoint.received(bytes) } else { early.append(bytes) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        hasEnded = true
        if endpoint != nil { end() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !hasHeard, TLSRelay.isRefusal(error) { refusal = error }
        context.close(promise: nil)
    }

    private func end() {
        guard let endpoint else { return }
        endpoint.linkEnded(
            refusal.map(distrust)
                ?? GatewayError(.connectionLost, "The connection was lost.", gateway: endpoint.gatewayID)
        )
    }

    func disconnect() { context?.close(promise: nil) }

    // MARK: writing

    func write() {
        guard !isBlocked, let endpoint else { return }
        writeAll(endpoint.takeOutput())
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard isBlocked, context.channel.isWritable else { return }
        isBlocked = false
        writeAll(endpoint?.outputWritten())
    }

    /// Writes until there is no more, or the connection takes no more.
    private func writeAll(_ first: OutboundBuffer?) {
        guard let context, let endpoint, first != nil else { return }
        var next = first
        while let output = next {
            context.write(wrapOutboundOut(context.channel.allocator.copy(of: output)), promise: nil)
            isBlocked = !context.channel.isWritable
            next = isBlocked ? nil : endpoint.outputWritten()
        }
        context.flush()
    }
}

extension Endpoint {
    fileprivate func received(_ bytes: ByteBuffer) { bytes.withUnsafeReadableBytes { received($0) } }
}

extension ByteBufferAllocator {
    fileprivate func copy(of output: OutboundBuffer) -> ByteBuffer {
        var bytes = buffer(capacity: output.count)
        output.withPieces(from: 0) { pieces in
            for piece in pieces { bytes.writeBytes(piece) }
        }
        return bytes
    }
}
