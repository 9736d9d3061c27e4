//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetSystem

/// The process at the other end of a stream, as far as this side can see and steer it: the agent itself, or the program that leads to it.
package protocol LaunchedProcess: AnyObject, Sendable {
    /// How it ended; nil while it runs, or if nobody can tell.
    var exitStatus: ExitStatus? { get }
    /// Whether it has ended, or is out of sight.
    var isGone: Bool { get }
    /// Calls `handler` once it is gone; at once if it already is.
    func whenGone(_ handler: @escaping @Sendable () -> Void)
    /// Whether there is a way to it for signals.
    var takesSignals: Bool { get }
    /// Sends a signal to it and what it started, as far as that is possible.
    func signal(_ number: Int32)
    /// What an error calls it, such as "process 4711".
    var name: String { get }
}

extension ChildProcess: LaunchedProcess {
    package var isGone: Bool { exitStatus != nil }
    package var takesSignals: Bool { true }
    package func whenGone(_ handler: @escaping @Sendable () -> Void) { whenEnded { _ in handler() } }
    package var name: String { "process \(pid)" }
}
