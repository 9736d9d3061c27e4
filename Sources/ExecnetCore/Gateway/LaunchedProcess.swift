//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetSystem
import Synchronization

/// The process at the other end of a stream, as far as this side can see and steer it: the agent itself, or the program that leads to it.
package protocol LaunchedProcess: AnyObject, Sendable {
    /// How it ended; nil while it runs, or if nobody can tell.
    var exitStatus: ExitStatus? { get }
    /// Whether it has ended, or is out of sight.
    var isGone: Bool { get }
    /// Calls `handler` once it is gone; at once if it already is.
    func whenGone(_ handler: @escaping @Sendable () -> Void)
    /// Sends a signal to it and what it started, as far as that is possible.
    func signal(_ number: Int32)
    /// What an error calls it, such as "process 4711".
    var name: String { get }
}

extension ChildProcess: LaunchedProcess {
    package var isGone: Bool { exitStatus != nil }
    package func whenGone(_ handler: @escaping @Sendable () -> Void) { whenEnded { _ in handler() } }
    package var name: String { "process \(pid)" }
}

/// A process whose end somebody else reports: a socket server, or the gateway through which it was started.
package final class RemoteProcess: LaunchedProcess {
    private struct State {
        var status: ExitStatus?
        var isGone = false
        var handlers: [@Sendable () -> Void] = []
    }

    package let name: String
    private let state = Mutex(State())
    private let send: @Sendable (Int32) -> Void

    /// - Parameter signal: passes a signal on.
    package init(name: String, signal: @escaping @Sendable (Int32) -> Void) {
        self.name = name
        send = signal
    }

    package var exitStatus: ExitStatus? { state.withLock { $0.status } }
    package var isGone: Bool { state.withLock { $0.isGone } }

    package func signal(_ number: Int32) { if !isGone { send(number) } }

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
