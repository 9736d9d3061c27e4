//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import NIOCore

/// A session's bytes through a channel of another session: in memory, on the other's loop.
final class TunnelTransport: SSHTransport {
    /// What waits for the outer session before the inner one stops to write.
    private static let limit = 256 * 1_024

    let loop: any EventLoop
    let roundTrip: Duration?
    private let client: NIOLoopBoundBox<TunnelClient?>
    private let stream: NIOLoopBoundBox<SSHStream?>

    /// - Parameters:
    ///   - buffers: those of the inner session.
    ///   - host: as errors call the server in between.
    ///   - roundTrip: the time through the tunnel and back.
    init(
        _ outer: SSHSession,
        _ channel: SSHChannel,
        _ buffers: SSHBuffers,
        host: String,
        gateway: String,
        roundTrip: Duration?
    ) {
        loop = outer.transport.loop
        self.roundTrip = roundTrip
        client = .makeEmptyBox(eventLoop: loop)
        stream = .makeEmptyBox(eventLoop: loop)
        loop.execute { [loop, client, stream] in
            let tunnel = TunnelClient(outer, buffers, limit: TunnelTransport.limit, host: host, gateway: gateway)
            let move = SSHStream(outer, channel: channel, client: tunnel)
            client.value = tunnel
            stream.value = move
            outer.transport.attach(NIOLoopBound(move, eventLoop: loop))
        }
    }

    func write(_ bytes: ByteBuffer) {
        onLoop { [client, stream] in
            client.value?.add(bytes)
            stream.value?.move()
        }
    }

    func close() {
        // Behind what was written before.
        loop.execute { [client, stream] in
            stream.value?.disconnect()
            stream.value = nil
            client.value = nil
        }
    }

    func attach(_ delegate: NIOLoopBound<any SSHTransportDelegate>) {
        loop.execute { [client] in client.value?.attach(delegate.value) }
    }

    private func onLoop(_ action: @escaping @Sendable () -> Void) {
        if loop.inEventLoop { action() } else { loop.execute(action) }
    }
}

/// The tunnel's part on the loop.
private final class TunnelClient: SSHStreamClient {
    private let outer: SSHSession
    private let buffers: SSHBuffers
    private let limit: Int
    private let host: String
    private let gateway: String
    private var waiting = CircularBuffer<ByteBuffer>()
    private var waitingCount = 0
    private var delegate: (any SSHTransportDelegate)?

    init(_ outer: SSHSession, _ buffers: SSHBuffers, limit: Int, host: String, gateway: String) {
        self.host = host
        self.gateway = gateway
        self.outer = outer
        self.buffers = buffers
        self.limit = limit
    }

    func attach(_ delegate: any SSHTransportDelegate) {
        self.delegate = delegate
        delegate.writabilityChanged(waitingCount < limit)
        delegate.newsArrived()
    }

    func add(_ bytes: ByteBuffer) {
        waiting.append(bytes)
        waitingCount += bytes.readableBytes
        if waitingCount > SSHBuffers.unreadLimit { buffers.refuseToKeep() }
        if waitingCount >= limit { delegate?.writabilityChanged(false) }
    }

    func fill(_ bytes: inout ByteBuffer, upTo limit: Int) {
        let wasFull = waitingCount >= self.limit
        while bytes.readableBytes < limit, var first = waiting.first {
            let room = min(limit - bytes.readableBytes, first.readableBytes)
            if var part = first.readSlice(length: room) { bytes.writeBuffer(&part) }
            waitingCount -= room
            if first.readableBytes == 0 { waiting.removeFirst() } else { waiting[waiting.startIndex] = first }
        }
        if wasFull, waitingCount < self.limit { delegate?.writabilityChanged(true) }
    }

    func received(_ bytes: UnsafeRawBufferPointer) {
        buffers.received(ByteBuffer(bytes: bytes))
        delegate?.newsArrived()
    }

    /// A tunnel has none.
    func receivedErrors(_ bytes: UnsafeRawBufferPointer) {}

    func ended(_ end: SSHStreamEnd) {
        buffers.end(outer.buffers.reason ?? (end.isOrderly ? nil : lost))
        delegate?.newsArrived()
        delegate = nil
    }

    private var lost: GatewayError {
        let farewell = outer.buffers.farewell.map { " It said: \($0)" } ?? ""
        return GatewayError(
            .connectionLost,
            "The connection to \(host), through which this gateway is reached, was lost.\(farewell)",
            gateway: gateway
        )
    }
}
