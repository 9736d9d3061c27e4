//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
import ExecnetSystem
import Synchronization

/// The program that is planted on the far side. Any executable can be one: its own.
public enum Agent {
    /// Set in the environment of a process that is to be an agent.
    package static let environmentVariable = "EXECNET_AGENT"
    /// Names the gateway in the environment of an agent and of all that it starts.
    package static let gatewayVariable = "EXECNET_GATEWAY"

    private static let passed = Atomic(false)

    /// The first line of a program that wants to run its own code elsewhere.
    ///
    /// In a process that was started as an agent this serves the coordinator and never returns. Otherwise it notes that this
    /// executable may be started as an agent: until then gateways refuse to, so that a program never starts its own `main`
    /// elsewhere by mistake.
    public static func serveIfLaunched() async {
        SelfTest.runIfAsked()
        guard takeLaunchMark() else { return passed.store(true, ordering: .releasing) }
        AgentProcess.start().useMainQueue()
        // The main thread serves the main actor, and programs of a serial gateway; the process exits from another one.
        execnet_serve_main_queue()
        await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    }

    /// As ``serveIfLaunched()``, for a thread that may be blocked.
    package static func serveBlockingIfLaunched() {
        SelfTest.runIfAsked()
        guard takeLaunchMark() else { return passed.store(true, ordering: .releasing) }
        AgentProcess.start().run()
    }

    /// Whether this executable may be started as an agent.
    package static var isPlantable: Bool { passed.load(ordering: .acquiring) }

    /// What agents start must not take itself for an agent.
    private static func takeLaunchMark() -> Bool {
        guard getenv(environmentVariable) != nil else { return false }
        unsetenv(environmentVariable)
        return true
    }
}

/// A program whose `main` begins with ``Agent/serveIfLaunched()``.
///
///     @main struct App: ExecnetProgram {
///         static func run() async throws { … }
///     }
public protocol ExecnetProgram {
    /// The program itself, as a coordinator.
    static func run() async throws
}

extension ExecnetProgram {
    /// Serves if this process was started as an agent, and calls `run()` if not.
    @MainActor public static func main() async throws {
        await Agent.serveIfLaunched()
        try await run()
    }
}
