//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

public import ExecnetWire
import Synchronization

/// Names with values that both sides see.
extension Channel {
    /// Binds names to values, on both sides, as one change: nobody sees a part of it.
    ///
    /// Items and bindings sent by one side arrive in the order sent. When both sides bind one name at the same time, both end up
    /// with the same value.
    /// - Throws: ``ChannelError``, `CancellationError` (the change holds all the same), `WireError`.
    public func set(_ values: [String: Value]) async throws {
        let encoded = try endpoint.encode(values, beside: core)
        let asCoordinator = endpoint.role == .coordinator
        var wake = Wakeups()
        let counter = try endpoint.perform { _ throws(ChannelError) in
            try core.state.checkSend()
            let counter = try core.state.bindings.set(values, size: encoded.count, asCoordinator: asCoordinator)
            core.state.wakeWatchers(&wake)
            return counter
        }
        endpoint.resume(&wake)
        try await endpoint.send(.bindings, BindingsMessage.encode(counter: counter, encodedValues: encoded), on: core)
    }

    /// Binds one name to any `Encodable` value.
    public func set(_ name: String, to value: some Encodable) async throws {
        try await set([name: try endpoint.value(of: value, beside: core)])
    }

    /// The value that a name has, waiting until it has one other than `ignored`.
    ///
    /// - Parameters:
    ///   - ignored: a value that does not count: with it, set and get make signals.
    ///   - timeout: how long to wait at most; nil is for ever.
    /// - Throws: ``ChannelError`` with code `timedOut`, or `endOfItems` when the other side has ended and the name is not bound;
    ///   ``RemoteError``, ``GatewayError``, `CancellationError`.
    public func get(_ name: String, ignoring ignored: Value? = nil, timeout: Duration? = nil) async throws -> Value {
        try await endpoint.wait(for: .binding, on: core, timeout: timeout) { _ in
            if let value = core.state.bindings.value(of: name), value != ignored { return value }
            guard let end = core.state.end else { return nil }
            try end.throwIfFailed(gatewayID)
            throw ChannelError(
                .endOfItems,
                "The other side has ended, and \"\(name)\" is not bound.",
                gateway: gatewayID
            )
        }
    }

    /// The value that a name has, as any `Decodable` type.
    public func get<T: Decodable>(
        _ name: String,
        as type: T.Type,
        ignoring ignored: Value? = nil,
        timeout: Duration? = nil
    ) async throws -> T {
        let value = try await get(name, ignoring: ignored, timeout: timeout)
        return try endpoint.decode(type, from: try Wire.encode(value))
    }

    /// All names that are bound now, and their values.
    public var bindings: [String: Value] { endpoint.state.withLock { _ in core.state.bindings.values } }
}
