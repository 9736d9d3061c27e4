//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import Synchronization

/// Standard error of a far program, as its session hands it on. Somebody listens before the session begins to.
final class SSHErrors: StandardErrorSource {
    private struct State {
        var onBytes: (@Sendable (UnsafeRawBufferPointer) -> Void)?
        var onEnd: (@Sendable () -> Void)?
        var hasEnded = false
    }

    private let state = Mutex(State())

    func start(
        onBytes: @escaping @Sendable (UnsafeRawBufferPointer) -> Void,
        onEnd: @escaping @Sendable () -> Void
    ) {
        let hasEnded = state.withLock { state in
            state.onBytes = onBytes
            state.onEnd = onEnd
            return state.hasEnded
        }
        if hasEnded { stop() }
    }

    func received(_ bytes: UnsafeRawBufferPointer) {
        let onBytes = state.withLock { $0.onBytes }
        onBytes?(bytes)
    }

    /// Nothing more comes.
    func end() {
        state.withLock { $0.hasEnded = true }
        stop()
    }

    func stop() {
        let onEnd = state.withLock { state in
            state.onBytes = nil
            return state.onEnd.take()
        }
        onEnd?()
    }
}
