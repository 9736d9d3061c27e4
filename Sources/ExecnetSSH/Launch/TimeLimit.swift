//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import Synchronization

/// How long something may take, without the time in which it waits for its user.
final class TimeLimit: Sendable {
    private struct State {
        var rest: Duration
        var timer: UInt64?
        var start = MonotonicTime.now
    }

    private let state: Mutex<State>
    private let poller: Poller
    private let action: @Sendable () -> Void

    /// - Parameter action: runs on the poller's thread when the time is over.
    init(_ limit: Duration, on poller: Poller, action: @escaping @Sendable () -> Void) {
        state = Mutex(State(rest: limit))
        self.poller = poller
        self.action = action
    }

    func start() {
        state.withLock { state in
            guard state.timer == nil else { return }
            state.start = .now
            state.timer = poller.schedule(after: state.rest) { self.end() }
        }
    }

    private func end() {
        // It may have been stopped in this very moment.
        guard state.withLock({ $0.timer.take() }) != nil else { return }
        action()
    }

    /// The rest of the time is left for another start.
    func stop() {
        state.withLock { state in
            guard let timer = state.timer.take() else { return }
            poller.cancel(timer)
            state.rest = max(.zero, state.rest - state.start.until(.now))
        }
    }
}
