//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
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
        try await channel.send(errors.map(Value.channel) ?? .null)
        return channel
    }
}

/// A stream of raw bytes that travels in a channel: its items are byte strings.
package struct GatewayStream: Sendable {
    package let channel: Channel
    /// The standard error of the process at its other end, and its end, if it is a process.
    package let errors: ChannelErrors?
    private let poller: Poller

    init(_ channel: Channel, poller: Poller, errors: ChannelErrors?) {
        self.channel = channel
        self.errors = errors
        self.poller = poller
    }

    /// The stream as a socket of this process, for whoever needs one. It ends when the socket is closed.
    package func socket() throws -> Descriptor {
        let pair = try DescriptorPair.sockets()
        let inner = try StreamDescriptor(pair.second, poller: poller)
        let output = StreamOutput(channel, to: inner)
        let input = StreamInput(inner, to: channel)
        input.whenEnded { [channel] _ in
            // Until then this is what keeps it.
            _ = input
            output.stop()
            inner.close()
            channel.close(with: nil)
        }
        output.whenOver { inner.endWriting() }
        output.start()
        input.start()
        return pair.first
    }

    /// The stream as launchers return it.
    package var launched: LaunchedStream {
        LaunchedStream(poller: poller, errors: errors, process: errors?.process) { [channel, poller] endpoint in
            ChannelLink(channel, poller: poller, endpoint: endpoint)
        }
    }
}
