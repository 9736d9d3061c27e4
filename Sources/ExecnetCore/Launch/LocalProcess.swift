//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetSystem

extension Agent {
    /// The variables that make a new process an agent, and tell it and all that it starts from every other process on its machine.
    package static func marks(of gatewayID: String) -> [String: String] {
        var generator = SystemRandomNumberGenerator()
        return [
            environmentVariable: "1",
            gatewayVariable: "\(String(generator.next(), radix: 36)):\(gatewayID)",
            // A crash is reported when the process has ended; writing a backtrace first takes seconds, and hides what was printed last.
            "SWIFT_BACKTRACE": "enable=no",
        ]
    }
}

extension ProcessPlan {
    /// Makes the new process an agent.
    package mutating func markAsAgent(of gatewayID: String) {
        let backtrace = environment["SWIFT_BACKTRACE"]
        environment.merge(Agent.marks(of: gatewayID)) { $1 }
        if let backtrace { environment["SWIFT_BACKTRACE"] = backtrace }
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
