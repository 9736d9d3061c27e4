//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

public import ExecnetCore
public import ExecnetSSH
import Synchronization

extension Gateway {
    /// Opens a gateway: starts an agent and waits for its answer. Either it succeeds, or nothing is left behind.
    ///
    /// Close it with ``close(timeout:)``; `withGateway` does so by itself.
    /// - Throws: ``GatewayError`` that names the obstacle and quotes what the far side printed; `CancellationError`.
    public static func open(
        _ spec: GatewaySpec,
        configuration: GatewayConfiguration = GatewayConfiguration(),
        ssh: SSHConfiguration = SSHConfiguration()
    ) async throws -> Gateway {
        try Task.checkCancellation()
        let id = spec.id ?? "gw\(lastNumber.add(1, ordering: .relaxed).newValue)"
        let gateway = try await Opening(id: id, spec: spec, configuration: configuration, ssh: ssh).open()
        OpenGateways.add(gateway)
        return gateway
    }

    /// Opens a gateway described by text, such as `popen//chdir=/tmp`. See ``GatewaySpec``.
    public static func open(
        _ spec: String,
        configuration: GatewayConfiguration = GatewayConfiguration(),
        ssh: SSHConfiguration = SSHConfiguration()
    ) async throws -> Gateway {
        try await open(GatewaySpec(spec), configuration: configuration, ssh: ssh)
    }
}

private let lastNumber = Atomic(0)

/// Opens a gateway, passes it to `body`, and closes it when that returns, throws or is cancelled: no process is left then.
public func withGateway<R>(
    _ spec: String,
    configuration: GatewayConfiguration = GatewayConfiguration(),
    ssh: SSHConfiguration = SSHConfiguration(),
    isolation: isolated (any Actor)? = #isolation,
    _ body: (Gateway) async throws -> R
) async throws -> R {
    try await withGateway(GatewaySpec(spec), configuration: configuration, ssh: ssh, body)
}

/// Opens a gateway for the time of `body`.
public func withGateway<R>(
    _ spec: GatewaySpec,
    configuration: GatewayConfiguration = GatewayConfiguration(),
    ssh: SSHConfiguration = SSHConfiguration(),
    isolation: isolated (any Actor)? = #isolation,
    _ body: (Gateway) async throws -> R
) async throws -> R {
    let gateway = try await Gateway.open(spec, configuration: configuration, ssh: ssh)
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
    func closeUncancelled() async { _ = await Task { await self.close() }.value }
}
