//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

public import ExecnetWire
import Logging

/// Running programs on the far side.
extension Gateway {
    /// Runs a closure over there; its channel is the other end of the one returned.
    ///
    /// The closure must not capture anything: pass what it needs as an argument or over the channel.
    /// - Throws: ``GatewayError`` if the closure cannot be sent or the gateway has ended. What goes wrong over there arrives on the channel.
    public func remoteExec(_ body: @escaping @Sendable (Channel) async throws -> Void) async throws -> Channel {
        try checkOwnImage()
        let function = try ShippedFunction(of: ChannelClosure(body: body))
        let description = ClosureDescription(kind: "closure", offset: function.offset)
        return try await endpoint.open { _ in try Wire.encode(description.value(argument: nil)) }
    }

    /// Runs a closure with an argument over there.
    public func remoteExec<Argument: Codable & Sendable>(
        _ argument: Argument,
        _ body: @escaping @Sendable (Channel, Argument) async throws -> Void
    ) async throws -> Channel {
        try checkOwnImage()
        let function = try ShippedFunction(of: ArgumentClosure(body: body))
        let description = ClosureDescription(
            kind: "closure",
            offset: function.offset,
            argumentType: try typeName(Argument.self)
        )
        return try await endpoint.open { [endpoint] core in
            try Wire.encode(description.value(argument: try endpoint.value(of: argument, beside: core)))
        }
    }

    /// Runs a task over there: a value that says what to do.
    public func remoteExec<Work: RemoteTask>(_ task: Work) async throws -> Channel {
        let name = try typeName(Work.self)
        return try await endpoint.open { [endpoint] core in
            try Wire.encode(
                ["kind": "task", "type": .string(name), "task": try endpoint.value(of: task, beside: core)] as Value
            )
        }
    }

    /// Runs a program of another kind over there: Python, shell, a service.
    public func remoteExec(_ program: Program) async throws -> Channel {
        try await endpoint.open { [endpoint] core in try endpoint.encode(program.encoded, beside: core) }
    }

    /// Calls a closure over there and returns its result. The closure must not capture anything.
    ///
    /// Cancelling the calling task cancels the call over there.
    /// - Throws: ``RemoteError`` if the closure threw.
    public func remoteCall<Argument: Codable & Sendable, Result: Codable & Sendable>(
        _ argument: Argument,
        _ body: @escaping @Sendable (Argument) async throws -> Result
    ) async throws -> Result {
        try checkOwnImage()
        let function = try ShippedFunction(of: CallClosure(body: body))
        let description = ClosureDescription(
            kind: "call",
            offset: function.offset,
            argumentType: try typeName(Argument.self),
            resultType: try typeName(Result.self)
        )
        let channel = try await endpoint.open { [endpoint] core in
            try Wire.encode(description.value(argument: try endpoint.value(of: argument, beside: core)))
        }
        return try await channel.result()
    }

    /// Runs a program and returns the one item that it sends.
    public func remoteCall<Result: Decodable & Sendable>(
        _ program: Program,
        as type: Result.Type = Value.self
    ) async throws -> Result {
        try await remoteExec(program).result()
    }

    /// Starts a program and forgets it: nobody hears of what it sends; if it fails, the error is logged.
    public func remoteExecOneshot(_ program: Program) async throws { log(failureOf: try await remoteExec(program)) }

    /// Starts a task and forgets it.
    public func remoteExecOneshot(_ task: some RemoteTask) async throws { log(failureOf: try await remoteExec(task)) }

    /// Starts a closure and forgets it.
    public func remoteExecOneshot(_ body: @escaping @Sendable (Channel) async throws -> Void) async throws {
        log(failureOf: try await remoteExec(body))
    }

    private func log(failureOf channel: Channel) {
        let logger = configuration.logger
        channel.subscribe(
            Subscriber(
                onItem: { _, _ in },
                onEnd: { error in
                    if let error { logger.error("A program that nobody waits for failed: \(error)") }
                }
            )
        )
    }

    private func checkOwnImage() throws(GatewayError) {
        guard !runsOwnImage else { return }
        throw GatewayError(
            .notShippable,
            "This gateway's agent does not run this program's own executable, so it cannot run its closures. Call "
                + "Agent.serveIfLaunched() first in main, and open a gateway without python= or agent=.",
            gateway: id
        )
    }
}

extension Channel {
    /// The one item of a call; the channel is closed afterwards, or when the caller is cancelled.
    fileprivate func result<Result: Decodable>() async throws -> Result {
        defer { close(with: nil) }
        do {
            return try await receive(as: Result.self)
        } catch let error as ChannelError where error.code == .endOfItems {
            throw RemoteError(
                type: "NoResult",
                message: "The program ended without sending a result.",
                gateway: gatewayID
            )
        }
    }
}
