//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSSH
import ExecnetSystem
import NIOCore

/// What a channel's bytes are for, and where those come from that it sends. All calls come on the session's loop.
protocol SSHStreamClient: AnyObject {
    /// The far program's standard output, or what comes out of a tunnel.
    func received(_ bytes: UnsafeRawBufferPointer)
    /// The far program's standard error.
    func receivedErrors(_ bytes: UnsafeRawBufferPointer)
    /// Adds bytes to send, up to about a limit; none if there are none.
    func fill(_ bytes: inout ByteBuffer, upTo limit: Int)
    /// The last call: nothing more comes, and nothing is sent.
    func ended(_ end: SSHStreamEnd)
}

/// How a channel ended.
struct SSHStreamEnd: Sendable {
    /// How the far program ended, if the server said so.
    var exit: ExitStatus?
    /// Whether the far side ended it, rather than the connection.
    var isOrderly: Bool
}

/// Moves the bytes of a session's one channel, on the loop of its transport.
final class SSHStream: SSHTransportDelegate {
    /// How much the server may send ahead. A promise, not an allocation: what an agent sends is bounded by its channels.
    ///
    /// A far server needs much, or it waits for us most of the time. A near one of OpenSSH's slows down if it may send much ahead (measured
    /// beside other builds: 28 and 40 MB/s with 16 MiB, 143 and 147 with 2).
    static func window(_ roundTrip: Duration?) -> UInt32 {
        if let roundTrip, roundTrip < .milliseconds(5) { 2 << 20 } else { 16 << 20 }
    }
    /// The largest packet that the server may send.
    static let packet: UInt32 = 32_768
    /// The largest piece that libssh2 sends at once.
    private static let piecesOut = 32_700
    /// What is read at once. Always the same, as the window grows by it.
    private static let piece = 64 * 1_024
    /// Turns before other sessions of the loop get theirs.
    private static let turns = 16
    /// How long to wait for how the program ended, once its output has.
    private static let patience = TimeAmount.milliseconds(300)
    /// How long a program that has ended may send nothing before its output counts as ended too.
    private static let silence = TimeAmount.seconds(2)

    private let session: SSHSession
    private let channel: OpaquePointer

    private var client: (any SSHStreamClient)?
    /// Sent in part, or not yet: a call that needs more input has to be made again with the same bytes.
    private var output = ByteBuffer()
    private var isWritable = true
    private var isMoving = false
    private var hasNews = false
    private var isScheduled = false
    private var timer: Scheduled<Void>?
    private var isClosing = false

    init(_ session: SSHSession, channel: SSHChannel, client: any SSHStreamClient) {
        self.session = session
        self.channel = channel.pointer
        self.client = client
        session.buffers.begin()
    }

    func newsArrived() { move() }

    func writabilityChanged(_ isWritable: Bool) {
        self.isWritable = isWritable
        if isWritable { move() }
    }

    /// There may be bytes to send.
    func move() {
        // What is written can change whether more can be, or end it all, before the write returns.
        guard !isMoving else { return hasNews = true }
        isMoving = true
        defer { isMoving = false }
        var turn = 0
        repeat {
            hasNews = false
            guard client != nil else { return }
            switch session.call({ _ in step() }) ?? .ended {
            case .moved: hasNews = true
            case .waits: break
            case .ended: outputEnded()
            }
            turn += 1
        } while hasNews && turn < SSHStream.turns
        if hasNews { moveLater() }
    }

    private enum Step { case moved, waits, ended }

    /// Reads and writes a piece each. Other channels may have taken in the input that was for this one.
    private func step() -> Step {
        let counts = withUnsafeTemporaryAllocation(byteCount: SSHStream.piece, alignment: 16) { buffer in
            let output = read(0, buffer) { client?.received($0) }
            let errors = read(1, buffer) { client?.receivedErrors($0) }
            return (output: output, errors: errors)
        }
        let hasRead = counts.output > 0 || counts.errors > 0
        let isBroken = counts.output < 0 && counts.output != Int(SSHCode.again)
        if isBroken && !hasRead || execnet_ssh_has_ended(channel) { return .ended }
        if hasRead, !isClosing {
            // What it has written before its end may take long to come.
            timer?.cancel()
            timer = nil
        } else if exitStatus() != nil {
            wait(SSHStream.silence)
        }
        return write() || hasRead ? .moved : .waits
    }

    private func read(
        _ stream: Int32,
        _ buffer: UnsafeMutableRawBufferPointer,
        _ use: (UnsafeRawBufferPointer) -> Void
    ) -> Int {
        let room = buffer.bindMemory(to: UInt8.self)
        let count = execnet_ssh_read(channel, stream, room.baseAddress, room.count)
        if count > 0 { use(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count])) }
        return count
    }

    /// Whether anything was written.
    private func write() -> Bool {
        var hasWritten = false
        while isWritable, session.buffers.outputCount < SocketTransport.piece {
            if output.readableBytes == 0 {
                output.clear()
                client?.fill(&output, upTo: SSHStream.piecesOut)
            }
            guard output.readableBytes > 0 else { break }
            let count = output.withUnsafeReadableBytes { bytes in
                execnet_ssh_write(channel, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
            }
            guard count > 0 else { break }
            output.moveReaderIndex(forwardBy: count)
            hasWritten = true
        }
        return hasWritten
    }

    private func moveLater() {
        guard !isScheduled else { return }
        isScheduled = true
        session.transport.loop.assumeIsolated().execute {
            self.isScheduled = false
            self.move()
        }
    }

    // MARK: end

    /// The far side's output has ended. How its program did is said a moment later, before the channel is closed.
    private func outputEnded() {
        if !isClosing {
            isClosing = true
            timer?.cancel()
            timer = nil
            _ = session.call { _ in execnet_ssh_close(channel) }
        }
        wait(SSHStream.patience)
        finishIfClosed()
    }

    /// What is missing comes within that time, or never: the end of standard error, say, which what the program has started holds open.
    private func wait(_ time: TimeAmount) {
        guard timer == nil else { return }
        timer = session.transport.loop.assumeIsolated().scheduleTask(in: time) { self.finish() }
    }

    private func finishIfClosed() {
        let isOver = session.call { _ in execnet_ssh_wait_closed(channel) != SSHCode.again }
        if isOver != false { finish() }
    }

    private func finish() {
        guard let client else { return }
        self.client = nil
        timer?.cancel()
        let exit = session.call { _ in exitStatus() } ?? nil
        let end = SSHStreamEnd(exit: exit, isOrderly: session.call { _ in execnet_ssh_has_ended(channel) } ?? false)
        leave()
        client.ended(end)
    }

    private func exitStatus() -> ExitStatus? {
        let signal = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { name -> String? in
            guard let start = name.baseAddress else { return nil }
            return execnet_ssh_exit_signal(channel, start, name.count) > 0 ? String(cString: start) : nil
        }
        if let signal { return ExitStatus(signal: signal) }
        let status = execnet_ssh_exit_status(channel)
        return status < 0 ? nil : .exited(Int32(truncatingIfNeeded: status))
    }

    /// Ends it from this side: what was written goes out first.
    func disconnect() {
        guard let client else { return }
        // First of all: what is written can come back here before the write returns.
        self.client = nil
        timer?.cancel()
        let exit = session.call { _ in
            _ = execnet_ssh_eof(channel)
            _ = execnet_ssh_close(channel)
            return exitStatus()
        }
        leave()
        client.ended(SSHStreamEnd(exit: exit ?? nil, isOrderly: true))
    }

    private func leave() {
        _ = session.call { execnet_ssh_disconnect($0, "done") }
        session.close()
    }
}
