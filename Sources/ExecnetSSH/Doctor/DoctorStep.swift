//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetCore

/// One thing that has to work before a gateway is open, and whether it does.
public struct DoctorStep: Sendable, Hashable {
    /// What is looked at, in this order. Launchers other than ssh have some of them.
    public enum Name: String, Sendable, Hashable, CaseIterable {
        /// The files of the configuration.
        case configuration
        /// From the host's name to addresses.
        case resolve
        /// A connection to one of them.
        case connect
        /// What the server says of itself.
        case version
        /// What both sides can do.
        case algorithms
        /// Whether the host is the one that it claims to be.
        case hostKey = "host key"
        /// Whether the server takes the user for who it claims to be.
        case authentication
        /// libssh2 or the OpenSSH client.
        case transport
        /// A process of this machine that takes the place of a connection.
        case process
        /// What the far side's shell prints unasked.
        case shellNoise = "shell noise"
        /// The script that finds or plants the agent.
        case stage0 = "stage 0"
        /// Where agents can be kept.
        case cacheDirectories = "cache directories"
        /// Whether the agent runs.
        case agentStart = "agent start"
        /// How long an answer takes.
        case roundTrip = "round trip"
        /// How far the two clocks are apart.
        case clock
        /// How much can be sent.
        case throughput

        /// Whether what comes later can do without it.
        var isMeasurement: Bool { [.roundTrip, .clock, .throughput].contains(self) }
    }

    /// How a step ended.
    public enum Outcome: Sendable, Hashable {
        /// It works.
        case ok(_ detail: String, milliseconds: Double? = nil)
        /// It was not tried.
        case skipped(_ why: String)
        /// It does not work. The code is that of the ``GatewayError``.
        case failed(code: String, obstacle: String, remedy: String)
    }

    /// What was looked at.
    public let name: Name
    /// How it ended.
    public let outcome: Outcome

    /// A step that ended.
    public init(_ name: Name, _ outcome: Outcome) {
        self.name = name
        self.outcome = outcome
    }

    /// A step that failed, with the remedy for it.
    package init(_ name: Name, _ code: GatewayError.Code, _ message: String) {
        self.init(name, .failed(code: code.description, obstacle: message, remedy: code.remedy))
    }

    /// Whether it keeps a gateway from being opened.
    public var isFailed: Bool {
        if case .failed = outcome { true } else { false }
    }
}
