//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import NIOCore
import Synchronization

/// A link over a program's standard input and output at the other end of a session.
final class SSHLink: Link {
    private let program: SSHProgram
    private let endpoint: Endpoint
    private let poller: Poller
    private let loop: any EventLoop
    private let stream: NIOLoopBoundBox<SSHStream?>
    private let isFlushRequested = Atomic(false)

    init(_ program: SSHProgram, poller: Poller, endpoint: Endpoint) {
        self.program = program
        self.endpoint = endpoint
        self.poller = poller
        loop = program.session.transport.loop
        stream = .makeEmptyBox(eventLoop: loop)
    }

    func start() {
        loop.execute { [self] in
            let client = SSHLinkClient(program, endpoint)
            let stream = SSHStream(program.session, channel: program.channel, client: client)
            self.stream.value = stream
            program.session.transport.attach(NIOLoopBound(stream, eventLoop: loop))
        }
    }

    func flush() {
        guard !isFlushRequested.exchange(true, ordering: .acquiringAndReleasing) else { return }
        loop.execute { [self] in
            isFlushRequested.store(false, ordering: .releasing)
            stream.value?.move()
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

    func disconnect() {
        loop.execute { [stream, program] in
            if let stream = stream.value { stream.disconnect() } else { program.leave() }
            stream.value = nil
        }
    }
}

/// Joins the stream and the endpoint.
private final class SSHLinkClient: SSHStreamClient {
    private let program: SSHProgram
    private let endpoint: Endpoint
    /// The buffer of the endpoint's that is being written, and how far.
    private var current: OutboundBuffer?
    private var written = 0

    init(_ program: SSHProgram, _ endpoint: Endpoint) {
        self.program = program
        self.endpoint = endpoint
    }

    func received(_ bytes: UnsafeRawBufferPointer) { endpoint.received(bytes) }
    func receivedErrors(_ bytes: UnsafeRawBufferPointer) { program.errors.received(bytes) }

    func fill(_ bytes: inout ByteBuffer, upTo limit: Int) {
        if current == nil { current = endpoint.takeOutput() }
        while let buffer = current, bytes.readableBytes < limit {
            let room = limit - bytes.readableBytes
            written += buffer.withPieces(from: written) { bytes.write($0, upTo: room) }
            guard written == buffer.count else { return }
            written = 0
            current = endpoint.outputWritten()
        }
    }

    func ended(_ end: SSHStreamEnd) {
        program.process.ended(end.exit)
        program.errors.end()
        endpoint.linkEnded(program.session.buffers.reason ?? (end.isOrderly ? orderly : lost))
    }

    private var orderly: GatewayError {
        GatewayError(.agentEnded, "The agent has ended.", gateway: endpoint.gatewayID)
    }

    private var lost: GatewayError {
        let farewell = program.session.buffers.farewell.map { " The server said: \($0)" } ?? ""
        let message = "The connection to \(program.host) was lost.\(farewell)"
        return GatewayError(.connectionLost, message, gateway: endpoint.gatewayID)
    }
}

extension ByteBuffer {
    /// Appends pieces up to a limit, and returns how much that was.
    fileprivate mutating func write(_ pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>, upTo limit: Int) -> Int {
        var count = 0
        for piece in pieces where count < limit {
            count += writeBytes(UnsafeRawBufferPointer(rebasing: piece.prefix(limit - count)))
        }
        return count
    }
}
