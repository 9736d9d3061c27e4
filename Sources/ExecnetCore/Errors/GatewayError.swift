//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What went wrong on this side of a gateway: launching, starting the agent, the link, its end.
public struct GatewayError: Error, Sendable, CustomStringConvertible {
    /// What kind of obstacle it was.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Name: String {
            case invalidSpec, launchFailed, startFailed, timedOut, protocolViolation, versionMismatch, agentEnded
            case connectionLost, heartbeatMissed, closed, notPlantable, notShippable, executionRefused, noAgentImage
            case noiseWithoutAnswer, noWritableDirectory, agentCannotRun, noPython, uploadCutShort, notAuthenticated
        }
        private let name: Name
        private init(_ name: Name) { self.name = name }

        /// A gateway's description is not valid; the message names the key.
        public static let invalidSpec = Code(.invalidSpec)
        /// The process or connection could not be made at all.
        public static let launchFailed = Code(.launchFailed)
        /// It was made, but no agent answered on it.
        public static let startFailed = Code(.startFailed)
        /// The agent did not answer in the time given.
        public static let timedOut = Code(.timedOut)
        /// The other side sent what the protocol forbids.
        public static let protocolViolation = Code(.protocolViolation)
        /// The two sides have no version of the protocol in common.
        public static let versionMismatch = Code(.versionMismatch)
        /// The agent's process ended; the message says how.
        public static let agentEnded = Code(.agentEnded)
        /// The link broke, and nothing more is known.
        public static let connectionLost = Code(.connectionLost)
        /// The other side gave no sign of life for too long.
        public static let heartbeatMissed = Code(.heartbeatMissed)
        /// The gateway was closed by this side.
        public static let closed = Code(.closed)
        /// This program has not passed `Agent.serveIfLaunched()`, so its image must not be started elsewhere.
        public static let notPlantable = Code(.notPlantable)
        /// What was asked to run cannot travel: a closure with captures, or one from another image.
        public static let notShippable = Code(.notShippable)
        /// An agent asked this coordinator to do what only coordinators may ask for.
        public static let executionRefused = Code(.executionRefused)
        /// No executable that could be the agent was found.
        public static let noAgentImage = Code(.noAgentImage)
        /// The far side printed something, but no shell answered there; the message quotes what it printed.
        public static let noiseWithoutAnswer = Code(.noiseWithoutAnswer)
        /// No directory of the far side can hold an agent; the message names each and why.
        public static let noWritableDirectory = Code(.noWritableDirectory)
        /// The agent was planted, but does not run there; the message says what was tried.
        public static let agentCannotRun = Code(.agentCannotRun)
        /// There is no agent for that machine, and no Python interpreter either.
        public static let noPython = Code(.noPython)
        /// The connection broke, or the far side stopped to read, while the agent was being sent.
        public static let uploadCutShort = Code(.uploadCutShort)
        /// The other side was reached, but one of the two does not accept the other's key or certificate.
        public static let notAuthenticated = Code(.notAuthenticated)

        public var description: String { name.rawValue }
    }

    /// What kind of obstacle it was.
    public var code: Code
    /// What went wrong, and what to do.
    public var message: String
    /// The id of the gateway.
    public var gateway: String?
    /// What caused it.
    public var cause: (any Error)?
    /// The last lines that the far side wrote to its standard error.
    public var standardError: [String]

    /// An error of this side.
    public init(
        _ code: Code,
        _ message: String,
        gateway: String? = nil,
        cause: (any Error)? = nil,
        standardError: [String] = []
    ) {
        self.code = code
        self.message = message
        self.gateway = gateway
        self.cause = cause
        self.standardError = standardError
    }

    /// The message with the gateway, the cause and what the far side printed.
    public var description: String {
        var text = gateway.map { "[\($0)] \(message)" } ?? message
        if let cause { text += " (\(cause))" }
        if !standardError.isEmpty {
            text += "\nLast lines of its standard error:\n" + standardError.map { "  \($0)" }.joined(separator: "\n")
        }
        return text
    }
}
