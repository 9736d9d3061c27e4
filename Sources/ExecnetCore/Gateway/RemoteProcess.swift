//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetSystem
import Synchronization

/// A process whose end somebody else reports: a socket server, or the gateway through which it was started.
package final class RemoteProcess: LaunchedProcess {
    private struct State {
        var status: ExitStatus?
        var isGone = false
        var handlers: [@Sendable () -> Void] = []
    }

    package let name: String
    private let state = Mutex(State())
    private let send: (@Sendable (Int32) -> Void)?

    /// - Parameter signal: passes a signal on; nil if there is no way to it.
    package init(name: String, signal: (@Sendable (Int32) -> Void)? = nil) {
        self.name = name
        send = signal
    }

    package var exitStatus: ExitStatus? { state.withLock { $0.status } }
    package var isGone: Bool { state.withLock { $0.isGone } }

    package var takesSignals: Bool { send != nil }
    package func signal(_ number: Int32) { if !isGone { send?(number) } }

    package func whenGone(_ handler: @escaping @Sendable () -> Void) {
        let isGone = state.withLock { state in
            if !state.isGone { state.handlers.append(handler) }
            return state.isGone
        }
        if isGone { handler() }
    }

    /// Takes note of its end; nil: nothing more will be heard of it.
    package func ended(_ status: ExitStatus?) {
        let handlers = state.withLock { state -> [@Sendable () -> Void] in
            guard !state.isGone else { return [] }
            state.isGone = true
            state.status = status
            defer { state.handlers = [] }
            return state.handlers
        }
        for handler in handlers { handler() }
    }
}
