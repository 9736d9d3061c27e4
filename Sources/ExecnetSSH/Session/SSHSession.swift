//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSSH
import ExecnetCore
import NIOCore
import Synchronization

/// A session of libssh2 and the transport that its bytes take. It has one user at a time: first the task that sets it up, then the loop.
final class SSHSession: Sendable {
    let buffers: SSHBuffers
    let transport: any SSHTransport
    /// Nil once it has been given back.
    private let handle: Mutex<Handle?>

    private struct Handle: @unchecked Sendable {
        // Unchecked because it is only used while the lock is held, or by the one who has taken it out.
        let pointer: OpaquePointer
    }

    init(_ transport: any SSHTransport, _ buffers: SSHBuffers) throws {
        self.transport = transport
        self.buffers = buffers
        var callbacks = buffers.callbacks
        guard let handle = execnet_ssh_open(&callbacks) else { throw SSHFailure(SSHCode.noMemory, "out of memory") }
        self.handle = Mutex(Handle(pointer: handle))
    }

    deinit { close() }

    /// Makes calls of libssh2, and sends what they want sent. Nil once the session is over.
    func call<R>(_ body: (OpaquePointer) -> R) -> R? {
        // The lock also keeps the order of what is sent.
        handle.withLock { handle in
            guard let handle else { return nil }
            let result = body(handle.pointer)
            if let output = buffers.takeOutput() { transport.write(output) }
            return result
        }
    }

    /// Makes a call again and again until it needs no more input. Off the loop: calls calculate.
    @concurrent func settled<R: Sendable>(
        _ body: @Sendable (OpaquePointer) -> SSHCall<R>
    ) async -> Result<R, SSHFailure> {
        while true {
            let known = buffers.news
            switch call(body) {
            case .done(let value): return .success(value)
            case .failed(let code): return .failure(failure(code))
            case nil: return .failure(SSHFailure(SSHCode.transportEnded, "the session is over"))
            case .again: await news(since: known)
            }
        }
    }

    /// As the other, for calls that return 0 or a code.
    @concurrent func settled(_ body: @Sendable (OpaquePointer) -> Int32) async -> Int32 {
        switch await settled({ SSHCall<Int32>(body($0)) }) {
        case .success(let value): value
        case .failure(let failure): failure.code
        }
    }

    /// As the others, for a call that may calculate for a tenth of a second or more: all of it happens on a thread of its own.
    func settledOnThread(_ body: @escaping @Sendable (OpaquePointer) -> Int32) async throws -> Int32 {
        while true {
            let known = buffers.news
            let result = try await BlockingWork.run { self.call(body) }
            guard let result else { return SSHCode.transportEnded }
            guard result == SSHCode.again else { return result }
            await news(since: known)
        }
    }

    private func news(since known: Int) async {
        await withCheckedContinuation { continuation in
            buffers.whenNews(since: known) { continuation.resume() }
        }
    }

    /// What is wrong, in libssh2's words.
    func failure(_ code: Int32) -> SSHFailure {
        let text = call { handle in
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer -> String in
                guard let start = buffer.baseAddress else { return "" }
                _ = execnet_ssh_error(handle, start, buffer.count)
                return String(cString: start)
            }
        }
        return SSHFailure(code, text ?? "")
    }

    /// Ends all: calls that wait fail with the reason.
    func abort(_ reason: GatewayError?) {
        buffers.end(reason)
        transport.close()
    }

    /// Gives all back, and closes the transport once what was written has gone. No more calls are made.
    func close() {
        guard let handle = handle.withLock({ $0.take() }) else { return }
        _ = execnet_ssh_free(handle.pointer)
        transport.close()
    }
}
