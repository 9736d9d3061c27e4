//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

public import ExecnetCore
import ExecnetLaunchers
import ExecnetSystem
import Synchronization

extension Gateway {
    /// Opens a gateway: starts an agent and waits for its answer. Either it succeeds, or nothing is left behind.
    ///
    /// Close it with ``close(timeout:)``; `withGateway` does so by itself.
    /// - Throws: ``GatewayError`` that names the obstacle and quotes what the far side printed; `CancellationError`.
    public static func open(
        _ spec: GatewaySpec,
        configuration: GatewayConfiguration = GatewayConfiguration()
    ) async throws -> Gateway {
        try Task.checkCancellation()
        let id = spec.id ?? "gw\(lastNumber.add(1, ordering: .relaxed).newValue)"
        let image = spec.python == nil ? try AgentImages(option: spec.agent).local(gateway: id) : nil
        let stream: LaunchedStream
        do throws(SystemError) {
            stream = try LocalProcess.start(try plan(of: spec, id: id, image: image?.path), python: spec.python != nil)
        } catch {
            throw GatewayError(.launchFailed, "The agent could not be started: \(error).", gateway: id, cause: nil)
        }
        return try await start(
            id: id,
            spec: spec.description,
            stream: stream,
            configuration: configuration,
            runsOwnImage: image?.isOwn ?? false,
            hello: ["serial": .bool(spec.isSerial)]
        )
    }

    /// Opens a gateway described by text, such as `popen//chdir=/tmp`. See ``GatewaySpec``.
    public static func open(
        _ spec: String,
        configuration: GatewayConfiguration = GatewayConfiguration()
    ) async throws -> Gateway {
        try await open(GatewaySpec(spec), configuration: configuration)
    }

    private static func plan(of spec: GatewaySpec, id: String, image: String?) throws(SystemError) -> ProcessPlan {
        var plan: ProcessPlan
        if let python = spec.python, let command = python.first {
            guard let path = ExecutablePath.find(command) else {
                throw SystemError("find \"\(command)\"", number: ENOENT)
            }
            plan = ProcessPlan(executable: path, arguments: PythonAgent.arguments(python))
        } else {
            plan = ProcessPlan(executable: image ?? "", arguments: ["execnet-agent[\(id)]"])
        }
        plan.environment.merge(spec.environment) { $1 }
        plan.markAsAgent(of: id)
        plan.nice = Int32(spec.nice)
        if let directory = spec.directory {
            mkdir(directory, 0o777)
            plan.directory = directory
        }
        return plan
    }
}

private let lastNumber = Atomic(0)

/// Opens a gateway, passes it to `body`, and closes it when that returns, throws or is cancelled: no process is left then.
public func withGateway<R>(
    _ spec: String,
    configuration: GatewayConfiguration = GatewayConfiguration(),
    isolation: isolated (any Actor)? = #isolation,
    _ body: (Gateway) async throws -> R
) async throws -> R {
    try await withGateway(GatewaySpec(spec), configuration: configuration, body)
}

/// Opens a gateway for the time of `body`.
public func withGateway<R>(
    _ spec: GatewaySpec,
    configuration: GatewayConfiguration = GatewayConfiguration(),
    isolation: isolated (any Actor)? = #isolation,
    _ body: (Gateway) async throws -> R
) async throws -> R {
    let gateway = try await Gateway.open(spec, configuration: configuration)
    do {
        let result = try await body(gateway)
        await gateway.closeUncancelled()
        return result
    } catch {
        await gateway.closeUncancelled()
        throw error
    }
}

extension Gateway {
    /// Closing has to be finished even in a task that was cancelled.
    fileprivate func closeUncancelled() async { _ = await Task { await self.close() }.value }
}
