//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetTLS
package import Logging

/// What a server does, and for whom.
package struct SocketServerConfiguration: Sendable {
    /// Where it listens.
    package var addresses: [ListenAddress] = [.standard]
    /// What a connection has to prove before anything is run for it.
    package var security = Security.none
    /// Listens beyond this machine even if that lets everybody run anything.
    package var allowsStrangers = false
    /// Ends after one process.
    package var servesOnce = false
    /// Processes that may run at a time.
    package var maximumGateways = 64
    /// Ends after that long without any connection; nil never does.
    package var idleTimeout: Duration?
    /// The account that this process changes to once it listens; only root can.
    package var user: String?
    /// Serves clients of Python's own execnet package as well; on this machine and without a key only.
    package var servesPythonSource = false
    /// How long processes may go on after a stop.
    package var grace: Duration = .seconds(10)
    package var limits = SocketServerLimits()
    package var logger: Logger
    /// Called with what the server listens on, once it does.
    package var whenListening: @Sendable ([String]) -> Void = { _ in }

    package init(logger: Logger) { self.logger = logger }
}

/// Times and sizes that are part of how the server is meant to work; others are for tests.
package struct SocketServerLimits: Sendable {
    /// From a connection's begin to the end of its request.
    package var request: Duration = .seconds(10)
    /// Connections that have not made their request yet.
    package var pendingConnections = 256
    /// How long a process may go on when its client has gone.
    package var clientGone: Duration = .seconds(10)
    /// From the signal TERM to the signal KILL.
    package var termination: Duration = .seconds(5)
    /// How long an ended process's status is kept for an attach.
    package var statusKept: Duration = .seconds(10)
    /// How long a client may take to close its side when all has been said.
    package var closing: Duration = .seconds(2)

    package init() {}
}
