//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import Synchronization

/// Standard error of a far program, as its session hands it on.
final class SSHErrors: StandardErrorSource {
    /// What is kept until somebody listens.
    private static let earlyLimit = 64 * 1_024

    private struct State {
        var early: [UInt8] = []
        var onBytes: (@Sendable (UnsafeRawBufferPointer) -> Void)?
        var onEnd: (@Sendable () -> Void)?
        var hasEnded = false
    }

    private let state = Mutex(State())

    func start(
        onBytes: @escaping @Sendable (UnsafeRawBufferPointer) -> Void,
        onEnd: @escaping @Sendable () -> Void
    ) {
        let early = state.withLock { state in
            state.onBytes = onBytes
            state.onEnd = onEnd
            defer { state.early = [] }
            return state.early
        }
        early.withUnsafeBytes { if !$0.isEmpty { onBytes($0) } }
        if state.withLock({ $0.hasEnded }) { stop() }
    }

    func received(_ bytes: UnsafeRawBufferPointer) {
        let onBytes = state.withLock { state in
            if state.onBytes == nil, !state.hasEnded {
                state.early += bytes.prefix(SSHErrors.earlyLimit - state.early.count)
            }
            return state.onBytes
        }
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
