//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import NIOCore
import NIOSSL
import NIOTLS

/// One end of a relay: hands what it reads to its partner, and reads only while that has room.
final class RelayHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var context: ChannelHandlerContext?
    private var partner: RelayHandler?
    /// Told when TLS is there, or why it never will be.
    private var handshake: EventLoopPromise<Void>?
    /// What came before there was a partner.
    private var early: [ByteBuffer] = []
    private var wantsToRead = false
    private var inputHasEnded = false
    /// Set when all has been handed to this end; completes when that is through.
    private var output: EventLoopFuture<Void>?
    private var outputHasEnded = false

    init(handshake: EventLoopPromise<Void>? = nil) { self.handshake = handshake }

    /// Connects two ends, the other way as well.
    func join(_ other: RelayHandler) {
        partner = other
        other.partner = self
        for bytes in early { other.write(bytes) }
        early = []
        other.context?.flush()
        if inputHasEnded { other.endOutput() }
        if context == nil { other.closeAfterOutput() }
        readIfWanted()
        other.readIfWanted()
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        partner = nil
        fail(ChannelError.eof)
    }

    // MARK: bytes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if let partner { partner.write(bytes) } else { early.append(bytes) }
    }

    func channelReadComplete(context: ChannelHandlerContext) { partner?.context?.flush() }

    private func write(_ bytes: ByteBuffer) { context?.write(wrapOutboundOut(bytes), promise: nil) }

    func read(context: ChannelHandlerContext) {
        // Before TLS is there the handshake reads; after that nothing more than the partner takes.
        if handshake != nil || partner?.hasRoom == true { context.read() } else { wantsToRead = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if hasRoom { partner?.readIfWanted() }
        context.fireChannelWritabilityChanged()
    }

    private var hasRoom: Bool { context?.channel.isWritable ?? false }

    private func readIfWanted() {
        guard wantsToRead, partner?.hasRoom == true else { return }
        wantsToRead = false
        context?.read()
    }

    // MARK: ends

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted:
            handshake?.succeed()
            handshake = nil
        case ChannelEvent.inputClosed:
            inputHasEnded = true
            partner?.endOutput()
            if outputHasEnded { context.close(promise: nil) }
        default: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        inputHasEnded = true
        // Nothing can be handed to this end any more.
        partner?.closeAfterOutput()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A client that is killed ends its connection without TLS's goodbye: an end like any other.
        if case NIOSSLError.uncleanShutdown = error { return }
        fail(error)
        context.close(promise: nil)
    }

    private func fail(_ error: any Error) {
        handshake?.fail(error)
        handshake = nil
    }

    /// Says after all that was written that no more comes.
    private func endOutput() {
        guard let context, output == nil else { return }
        let end = context.eventLoop.makePromise(of: Void.self)
        output = end.futureResult
        // A close can throw away what is still to be written, so it waits for an empty write behind all of that.
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
            context.close(mode: .output, promise: end)
        }
        end.futureResult.assumeIsolated().whenComplete { _ in
            self.outputHasEnded = true
            if self.inputHasEnded { self.context?.close(promise: nil) }
        }
    }

    private func closeAfterOutput() {
        endOutput()
        output?.assumeIsolated().whenComplete { _ in self.context?.close(promise: nil) }
    }
}
