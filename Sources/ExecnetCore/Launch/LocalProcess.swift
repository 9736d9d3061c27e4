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
            // The writer's path is only given because Swift looks for it all the same, and gives up the process if there is no /proc.
            "SWIFT_BACKTRACE": "enable=no,swift-backtrace=/",
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

/// A process on this machine that speaks over a socket pair: an agent, or a program that leads to one.
package struct LocalProcess: Sendable {
    /// Its standard input and output.
    package let link: Descriptor
    /// Its standard error.
    package let errors: Descriptor
    package let process: ChildProcess
    package let poller: Poller

    package init(starting plan: ProcessPlan) throws(SystemError) {
        poller = try PollerThread.shared()
        let link = try DescriptorPair.sockets()
        let errors = try DescriptorPair.pipe()
        process = try ChildProcess.start(
            plan,
            input: link.second,
            output: link.second,
            errors: errors.second,
            poller: poller
        )
        link.second.close()
        errors.second.close()
        self.link = link.first
        self.errors = errors.first
    }

    package var stream: LaunchedStream {
        LaunchedStream(input: link, output: link, errors: errors, process: process, poller: poller)
    }

    /// Of a Python interpreter that reads the agent's source first.
    package var pythonStream: LaunchedStream {
        var stream = stream
        stream.preamble = PythonAgent.source
        return stream
    }
}
