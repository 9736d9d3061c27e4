//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

public import ExecnetWire

extension Gateway {
    /// A Python module over there, as a proxy: `let math = try await gateway.remoteImport("math")`, then
    /// `try await math.sqrt(2.0)`.
    ///
    /// - Throws: ``RemoteError`` if the module cannot be imported.
    public func remoteImport(_ name: String) async throws -> RemoteModule {
        let channel = try await remoteExec(
            .python(RemoteModule.server, arguments: ["name": .string(name)], file: "<remoteImport>")
        )
        let module = RemoteModule(calls: RemoteCalls(channel: channel), path: [])
        _ = try await channel.receive(as: Value.self)
        return module
    }
}

/// A Python module of the far side, or something in it. Members are reached with a dot, and called like functions.
///
/// Arguments and results are values; a result that is none (an open file, say) is a ``RemoteError``. Calls may overlap; each runs in
/// turn. The far side forgets the module when ``close()`` is called or the gateway ends.
@dynamicMemberLookup
@dynamicCallable
public struct RemoteModule: Sendable {
    let calls: RemoteCalls
    let path: [String]

    public subscript(dynamicMember member: String) -> RemoteModule { RemoteModule(calls: calls, path: path + [member]) }

    /// Calls it with positional arguments.
    @discardableResult
    public func dynamicallyCall(withArguments arguments: [Value]) async throws -> Value {
        try await calls.call(path, arguments, [:])
    }

    /// Calls it; arguments with labels are keyword arguments.
    @discardableResult
    public func dynamicallyCall(withKeywordArguments arguments: KeyValuePairs<String, Value>) async throws -> Value {
        var named: [String: Value] = [:]
        for (label, value) in arguments where !label.isEmpty { named[label] = value }
        return try await calls.call(path, arguments.filter { $0.key.isEmpty }.map(\.value), named)
    }

    /// What it is now, if that is a value: `try await math.pi.value()`.
    public func value() async throws -> Value { try await calls.call(path, nil, [:]) }

    /// Lets the far side forget the module. Calls under way end with an error.
    public func close() { calls.channel.close(with: nil) }

    /// Serves the calls: each item is path, arguments or null, keyword arguments, and the channel for the answer.
    static let server = """
        import importlib
        module = importlib.import_module(name)
        channel.send(None)
        for path, positional, named, answer in channel:
            try:
                found = module
                for part in path:
                    found = getattr(found, part)
                answer.send(found if positional is None else found(*positional, **named))
                answer.close()
            except BaseException as error:
                import traceback
                answer.close('%s: %s\\n%s' % (type(error).__name__, error, traceback.format_exc()))
                if not isinstance(error, Exception):
                    raise
        """
}

/// Calls over one channel; every answer comes on a channel of its own.
struct RemoteCalls: Sendable {
    let channel: Channel

    func call(_ path: [String], _ positional: [Value]?, _ named: [String: Value]) async throws -> Value {
        let answer = channel.newChannel()
        defer { answer.close(with: nil) }
        try await channel.send(
            [
                .array(path.map { .string($0) }), positional.map { .array($0) } ?? .null,
                .map(ValueMap(named.map { (key: .string($0), value: $1) })), .channel(answer.reference),
            ] as Value
        )
        return try await answer.receive(as: Value.self)
    }
}
