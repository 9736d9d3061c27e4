//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetCore
package import ExecnetSystem

/// Starts an agent as a process on this machine, over a socket pair.
package struct PopenLauncher: Sendable {
    /// What to start, already with its arguments and environment.
    package var plan: ProcessPlan

    package init(plan: ProcessPlan) { self.plan = plan }

    /// Starts the process. A Python interpreter is given the agent's source first.
    package func launch(python: Bool) throws(SystemError) -> LaunchedStream {
        let poller = try PollerThread.shared()
        let link = try DescriptorPair.sockets()
        let errors = try DescriptorPair.pipe()
        let process = try ChildProcess.start(
            plan,
            input: link.second,
            output: link.second,
            errors: errors.second,
            poller: poller
        )
        link.second.close()
        errors.second.close()
        var stream = LaunchedStream(
            input: link.first,
            output: link.first,
            errors: errors.first,
            process: process,
            poller: poller
        )
        if python { stream.preamble = PythonAgent.source }
        return stream
    }
}
