//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetSystem
import ExecnetWire

/// Streams of raw bytes to what is on the agent's machine.
extension Gateway {
    /// Starts a process over there; the stream is its standard input and output.
    ///
    /// Returns at once, and nothing is read before the stream's link, or ``GatewayStream/errors``, is started. If the process cannot be started, the stream's channel ends with a ``RemoteError`` of kind `refused`.
    /// - Parameters:
    ///   - executable: its path or name; the first argument if nil. A name is looked for along PATH.
    ///   - environment: variables that are set beside those of the agent.
    package func openStream(
        process arguments: [String],
        executable: String? = nil,
        environment: [String: String] = [:],
        directory: String? = nil
    ) async throws -> GatewayStream {
        let errors = newChannel()
        var description: [String: Value] = [
            "process": .array(arguments.map { .string($0) }),
            "environment": Value(environment.mapValues { Value.string($0) }),
            "errors": .channel(errors.reference),
        ]
        if let executable { description["executable"] = .string(executable) }
        if let directory { description["directory"] = .string(directory) }
        do {
            let channel = try await openStream(description)
            let source = ChannelErrors(errors, poller: poller)
            source.end(after: channel)
            return GatewayStream(channel, poller: poller, errors: source)
        } catch {
            errors.close(with: nil)
            throw error
        }
    }

    /// Makes a connection from there. Returns at once; if there is no connection, the stream's channel ends with a ``RemoteError`` of kind
    /// `refused`.
    package func openStream(to target: Connector.Target) async throws -> GatewayStream {
        let place: Value =
            switch target {
            case .tcp(let host, let port): ["host": .string(host), "port": .int(Int64(port))]
            case .unix(let path): ["unix": .string(path)]
            }
        return GatewayStream(try await openStream(["connect": place]), poller: poller, errors: nil)
    }

    private func openStream(_ description: [String: Value]) async throws -> Channel {
        guard try await info().language == "python" else {
            return try await remoteExec(Program(kind: StreamProgram.kind, description))
        }
        // To a Python agent a channel can be made known only beside one that it knows, so this one follows as the first item.
        var description = description
        let errors = description.updateValue(.null, forKey: "errors")?.channel
        let channel = try await remoteExec(
            .python(PythonAgent.stream, arguments: ["stream": Value(description)], file: "<execnet stream>")
        )
        do {
            try await channel.send(errors.map(Value.channel) ?? .null)
            return channel
        } catch {
            channel.close(with: nil)
            throw error
        }
    }
}
