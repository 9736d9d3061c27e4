//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

public import Logging

/// How a gateway is opened and kept.
public struct GatewayConfiguration: Sendable {
    /// How long to wait for each answer of the far side until the agent is there. Uploads may take longer, as long as they go on.
    public var openTimeout: Duration = .seconds(15)
    /// After so long without a sign of the agent it is asked for one; after three times that the link counts as lost. Nil: never.
    public var heartbeat: Duration? = .seconds(5)
    /// What this side takes and grants at most.
    public var limits = LinkLimits()
    /// What happens to lines that far code prints.
    public var output = StandardOutputPolicy.print
    /// Where records of far loggers and of the gateway itself go.
    public var logger = Logger(label: "execnet")
    /// Told how far the upload of an agent is. Called on the thread that moves the bytes; must not block.
    public var progress: (@Sendable (OpeningProgress) -> Void)?

    /// The defaults.
    public init() {}
}

/// How far the opening of a gateway is.
public struct OpeningProgress: Sendable, Hashable {
    /// The gateway's id.
    public var gateway: String
    /// Bytes of the current file that have been handed to the stream, as they travel: mostly compressed.
    public var sentBytes: Int
    /// Bytes of the current file.
    public var totalBytes: Int

    package init(gateway: String, sentBytes: Int, totalBytes: Int) {
        self.gateway = gateway
        self.sentBytes = sentBytes
        self.totalBytes = totalBytes
    }
}

/// What happens to the lines that far code writes to its standard output and standard error.
public enum StandardOutputPolicy: Sendable {
    /// They are printed to this process's standard error, after the gateway's id in brackets.
    case print
    /// They are logged, at info.
    case log
    /// They are dropped. The last ones are still quoted when the agent dies.
    case discard
    /// They are passed on: the gateway's id and the line. Must not block.
    case handler(@Sendable (_ gateway: String, _ line: String) -> Void)
}
