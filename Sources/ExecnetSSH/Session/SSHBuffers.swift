//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSSH
import DequeModule
import ExecnetCore
import NIOCore
import Synchronization

/// What has come for a session and what it wants sent: all that libssh2 sees of a connection.
final class SSHBuffers: Sendable {
    private struct State {
        var input: Deque<ByteBuffer> = []
        var inputCount = 0
        /// Whether all that comes is read at once.
        var isRunning = false
        var output = ByteBuffer()
        /// Counts what may let a call go on: bytes that came, and the end.
        var news = 0
        var hasEnded = false
        /// Why there will be no more, if it is known.
        var reason: GatewayError?
        var farewell: String?
        var waiter: (@Sendable () -> Void)?
        /// Looks at what comes before encryption.
        var preface = PrefaceParser()
    }

    /// What a server may send while nobody reads: before it is known who it is, or while somebody is asked.
    private static let earlyLimit = 1 << 20

    /// What may wait for a server that does not read: much more than a session leaves waiting by itself.
    static let unreadLimit = 4 << 20

    private let state = Mutex(State())
    /// Answers the server's questions; waits for whoever is asked.
    let questions = Mutex<(@Sendable (SSHQuestions) -> [SecretBytes])?>(nil)

    // MARK: the transport's side

    /// Takes in what came.
    func received(_ bytes: ByteBuffer) {
        tell { state in
            guard !state.hasEnded else { return }
            if state.preface.preface == nil, !state.preface.receives(bytes) { state.hasEnded = true }
            state.input.append(bytes)
            state.inputCount += bytes.readableBytes
            guard !state.isRunning, state.inputCount > SSHBuffers.earlyLimit else { return }
            state.hasEnded = true
            state.reason = GatewayError(
                .protocolViolation,
                "The server sent more than \(SSHBuffers.earlyLimit) bytes before it was asked for anything."
            )
        }
    }

    /// The server does not read. We stop to write then, but what it asks for itself goes on being answered.
    func refuseToKeep() {
        end(
            GatewayError(
                .protocolViolation,
                "The server sends without reading: more than \(SSHBuffers.unreadLimit) bytes wait for it."
            )
        )
    }

    /// From now on what comes is read at once.
    func begin() { state.withLock { $0.isRunning = true } }

    /// No more comes, or is wanted. The first reason counts.
    func end(_ reason: GatewayError?) {
        tell { state in
            if !state.hasEnded { state.reason = reason }
            state.hasEnded = true
        }
    }

    /// Takes what is to be sent; nil if there is nothing.
    func takeOutput() -> ByteBuffer? {
        state.withLock { state in
            guard state.output.readableBytes > 0 else { return nil }
            defer { state.output = ByteBuffer() }
            return state.output
        }
    }

    // MARK: the session's side

    var reason: GatewayError? { state.withLock { $0.reason } }
    var hasEnded: Bool { state.withLock { $0.hasEnded } }
    /// The server's own words for the end.
    var farewell: String? { state.withLock { $0.farewell } }
    /// What the server has said before encryption, as far as it came.
    var preface: PrefaceParser { state.withLock { $0.preface } }
    /// Bytes that wait to be sent.
    var outputCount: Int { state.withLock { $0.output.readableBytes } }
    /// What to compare with when something has to come first.
    var news: Int { state.withLock { $0.news } }

    /// Calls `action` once, when there are news since `known`; at once if there are.
    func whenNews(since known: Int, _ action: @escaping @Sendable () -> Void) {
        let isNow = state.withLock { state in
            guard state.news == known else { return true }
            state.waiter = action
            return false
        }
        if isNow { action() }
    }

    private func tell(_ change: (inout State) -> Void) {
        let waiter = state.withLock { state in
            change(&state)
            state.news += 1
            return state.waiter.take()
        }
        waiter?()
    }

    // MARK: libssh2's callbacks

    /// This object, as libssh2 knows it. It has to outlive the session.
    var callbacks: execnet_ssh_io {
        execnet_ssh_io(
            owner: Unmanaged.passUnretained(self).toOpaque(),
            send: { SSHBuffers.of($0)?.send(UnsafeRawBufferPointer(start: $1, count: $2)) },
            receive: { SSHBuffers.of($0)?.receive(UnsafeMutableRawBufferPointer(start: $1, count: $2)) ?? 0 },
            disconnected: { owner, _, text, count in
                SSHBuffers.of(owner)?.note(farewell: UnsafeRawBufferPointer(start: text, count: count))
            },
            ask: { owner, questions, answers in
                guard let questions, let answers else { return }
                SSHBuffers.of(owner)?.ask(questions.pointee, answers)
            }
        )
    }

    private static func of(_ owner: UnsafeMutableRawPointer?) -> SSHBuffers? {
        owner.map { Unmanaged<SSHBuffers>.fromOpaque($0).takeUnretainedValue() }
    }

    private func send(_ bytes: UnsafeRawBufferPointer) { state.withLock { _ = $0.output.writeBytes(bytes) } }

    private func receive(_ room: UnsafeMutableRawBufferPointer) -> Int {
        state.withLock { state in
            guard var first = state.input.first else { return state.hasEnded ? 0 : -1 }
            let count = min(room.count, first.readableBytes)
            first.readWithUnsafeReadableBytes { bytes in
                room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                return count
            }
            state.inputCount -= count
            if first.readableBytes == 0 { state.input.removeFirst() } else { state.input[0] = first }
            return count
        }
    }

    private func note(farewell bytes: UnsafeRawBufferPointer) {
        let text = SSHText.printable(bytes)
        state.withLock { $0.farewell = text }
    }

    private func ask(_ questions: execnet_ssh_questions, _ answers: OpaquePointer) {
        guard let answer = self.questions.withLock({ $0 }) else { return }
        for (index, secret) in answer(SSHQuestions(questions)).enumerated() {
            secret.withUnsafeBytes { bytes in
                _ = execnet_ssh_answer(
                    answers,
                    Int32(index),
                    bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                    bytes.count
                )
            }
        }
    }
}

extension PrefaceParser {
    /// False: this is no beginning of SSH. Why is kept.
    fileprivate mutating func receives(_ bytes: ByteBuffer) -> Bool {
        bytes.withUnsafeReadableBytes { piece in
            do throws(PrefaceError) {
                try receive(piece)
                return true
            } catch {
                return false
            }
        }
    }
}
