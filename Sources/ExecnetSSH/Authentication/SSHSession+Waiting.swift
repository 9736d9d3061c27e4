//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Synchronization

extension SSHSession {
    /// Waits for somebody else than the server. Nil if the session ends first; the work is cancelled then, and has to return.
    func result<R: Sendable>(of work: @escaping @Sendable () async -> R) async -> R? {
        await withTaskGroup(of: R?.self) { group in
            group.addTask { await work() }
            group.addTask {
                await self.buffers.ended()
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}

extension SSHBuffers {
    /// Returns when no more comes, or the task is cancelled. No call of the session may wait meanwhile.
    func ended() async {
        while !Task.isCancelled {
            let known = news
            if hasEnded { return }
            let waiting = Waiting()
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    waiting.begin(continuation)
                    whenNews(since: known) { waiting.end() }
                }
            } onCancel: {
                waiting.end()
            }
        }
    }
}

/// Ends once, before or after it has begun.
private final class Waiting: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Void, Never>?
        var isOver = false
    }

    private let state = Mutex(State())

    func begin(_ continuation: CheckedContinuation<Void, Never>) {
        let isOver = state.withLock { state in
            if !state.isOver { state.continuation = continuation }
            return state.isOver
        }
        if isOver { continuation.resume() }
    }

    func end() {
        let continuation = state.withLock { state in
            state.isOver = true
            return state.continuation.take()
        }
        continuation?.resume()
    }
}
