//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What went wrong on this side of a gateway: launching, starting the agent, the link, its end.
public struct GatewayError: Error, Sendable, CustomStringConvertible {
    /// What kind of obstacle it was.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Name: String, CaseIterable {
            case invalidSpec, launchFailed, startFailed, timedOut, protocolViolation, versionMismatch, agentEnded
            case connectionLost, heartbeatMissed, closed, notPlantable, notShippable, executionRefused, noAgentImage
            case noiseWithoutAnswer, noWritableDirectory, agentCannotRun, noPython, uploadCutShort, notAuthenticated
            case nameNotResolved, connectionRefused, connectTimedOut, hostUnreachable, serverClosedEarly
            case handshakeTimedOut
            case noCommonAlgorithm, hostKeyUnknown, hostKeyChanged, hostKeyRevoked, hostKeyUnsupported
            case authenticationDenied, authenticationTimedOut, keyUnusable, agentUnavailable, sessionRefused
            case tunnelRefused, sshUnavailable
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

        // MARK: ssh

        /// The host's name has no address.
        public static let nameNotResolved = Code(.nameNotResolved)
        /// Nobody listens at the host's port.
        public static let connectionRefused = Code(.connectionRefused)
        /// The host did not answer.
        public static let connectTimedOut = Code(.connectTimedOut)
        /// There is no way to the host's address.
        public static let hostUnreachable = Code(.hostUnreachable)
        /// The server closed the connection before anything could be run; the message quotes what it said.
        public static let serverClosedEarly = Code(.serverClosedEarly)
        /// The server did not finish the handshake in the time given.
        public static let handshakeTimedOut = Code(.handshakeTimedOut)
        /// The server and this side have no algorithm of some kind in common; the message has both lists.
        public static let noCommonAlgorithm = Code(.noCommonAlgorithm)
        /// The server's key is not recorded; the message has its fingerprint.
        public static let hostKeyUnknown = Code(.hostKeyUnknown)
        /// The server's key is not the recorded one; the message has both fingerprints.
        public static let hostKeyChanged = Code(.hostKeyChanged)
        /// The server's key is recorded as one that must not be trusted.
        public static let hostKeyRevoked = Code(.hostKeyRevoked)
        /// The server's key cannot be checked here.
        public static let hostKeyUnsupported = Code(.hostKeyUnsupported)
        /// The server does not let this user in; the message lists what was tried.
        public static let authenticationDenied = Code(.authenticationDenied)
        /// The server did not decide in the time given.
        public static let authenticationTimedOut = Code(.authenticationTimedOut)
        /// A private key cannot be used; the message says why.
        public static let keyUnusable = Code(.keyUnusable)
        /// The ssh-agent cannot be reached, or does not do its part.
        public static let agentUnavailable = Code(.agentUnavailable)
        /// The server let this user in, but does not run commands.
        public static let sessionRefused = Code(.sessionRefused)
        /// A server to go through does not connect further.
        public static let tunnelRefused = Code(.tunnelRefused)
        /// What is asked for needs libssh2 or the OpenSSH client, and that cannot be used on this machine.
        public static let sshUnavailable = Code(.sshUnavailable)

        /// All there are.
        package static let all = Name.allCases.map { Code($0) }

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
