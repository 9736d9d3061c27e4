//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetWire
import Logging
import Synchronization

/// The Python agent that a native agent starts beside itself, for the first Python program that it is asked to run.
///
/// To it the native agent is the coordinator: a Python program's channel is joined to one of that inner gateway.
final class PythonBeside: Sendable {
    /// Names the interpreter; `python3` if not set.
    static let interpreterVariable = "EXECNET_PYTHON"

    private let opening = Mutex<Task<Gateway, any Error>?>(nil)

    func run(_ program: Value, on channel: Channel) async throws {
        let gateway = try await gateway()
        let relay = ChannelRelay(outer: channel.endpoint, inner: gateway.endpoint)
        let inner = try await gateway.endpoint.open { core in
            try Wire.encode(
                try relay.translate(program, to: .inner, beside: Channel(core: core, endpoint: gateway.endpoint))
            )
        }
        await withTaskCancellationHandler {
            relay.join(channel, inner)
            try? await inner.waitUntilClosed()
        } onCancel: {
            inner.close(with: nil)
        }
        try await inner.waitClose()
    }

    private func gateway() async throws -> Gateway {
        let task = opening.withLock { opening in
            if let opening { return opening }
            let task = Task { try await PythonBeside.open() }
            opening = task
            return task
        }
        do {
            let gateway = try await task.value
            if gateway.isOpen { return gateway }
        } catch {
            opening.withLock { if $0 == task { $0 = nil } }
            throw RemoteError(
                kind: .refused,
                type: "",
                message: "No Python agent could be started beside this agent: \(error)"
            )
        }
        // The Python agent has died since; the next program gets a new one.
        opening.withLock { if $0 == task { $0 = nil } }
        return try await self.gateway()
    }

    private static func open() async throws -> Gateway {
        let command = getenv(interpreterVariable).map { String(cString: $0) } ?? "python3"
        guard let path = ExecutablePath.find(command) else {
            throw GatewayError(
                .launchFailed,
                "There is no \(command) on this machine; name one in \(interpreterVariable)."
            )
        }
        var plan = ProcessPlan(executable: path, arguments: PythonAgent.arguments([command]))
        let mark = plan.environment[Agent.gatewayVariable]
        plan.markAsAgent(of: "python")
        // One mark for the whole gateway, so that its end finds what Python programs started.
        plan.environment[Agent.gatewayVariable] = mark
        var configuration = GatewayConfiguration()
        configuration.output = .handler { _, line in StandardStreams.printError(line) }
        configuration.heartbeat = nil
        configuration.logger = Logger(label: "execnet.python")
        return try await Gateway.start(
            id: "python",
            spec: command,
            stream: try LocalProcess(starting: plan).pythonStream,
            configuration: configuration
        )
    }
}
