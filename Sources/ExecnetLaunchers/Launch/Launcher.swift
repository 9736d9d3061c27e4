//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetCore

/// Where an agent is started: runs one command of a shell on the far side and returns the byte stream that is its standard input and output.
package protocol Launcher: Sendable {
    /// - Throws: ``GatewayError`` if there is no stream; what is wrong with the far side comes to light on the stream.
    func launch(_ command: ShellCommand, gateway: String) async throws -> LaunchedStream
}

/// A command for a POSIX shell, in the two ways in which it can be handed on.
package struct ShellCommand: Sendable {
    /// The program and its arguments, for whoever passes them on one by one.
    package var words: [String]
    /// One line for a login shell of whatever kind, which this replaces.
    package var line: String
    /// The same without the `exec` of a shell, for behind words that the shell is given as well, such as `sudo -n`.
    package var plainLine: String

    package init(_ plan: BootstrapPlan) {
        words = Stage0.words(plan)
        plainLine = Stage0.line(plan)
        line = "exec " + plainLine
    }
}
