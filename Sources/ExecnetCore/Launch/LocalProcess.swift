//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetSystem

extension ProcessPlan {
    /// Makes the new process an agent, and tells it and all that it starts from every other process on the machine.
    package mutating func markAsAgent(of gatewayID: String) {
        var generator = SystemRandomNumberGenerator()
        environment[Agent.environmentVariable] = "1"
        // A crash is reported when the process has ended; writing a backtrace first takes seconds, and hides what was printed last.
        if environment["SWIFT_BACKTRACE"] == nil { environment["SWIFT_BACKTRACE"] = "enable=no" }
        environment[Agent.gatewayVariable] = "\(String(generator.next(), radix: 36)):\(gatewayID)"
    }
}

/// Starts an agent as a process on this machine, over a socket pair.
package enum LocalProcess {
    /// Starts the process. A Python interpreter is given the agent's source first.
    package static func start(_ plan: ProcessPlan, python: Bool) throws(SystemError) -> LaunchedStream {
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
