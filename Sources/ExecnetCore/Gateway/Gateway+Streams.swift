//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
package import ExecnetSystem
import ExecnetWire
import Synchronization

/// Streams of raw bytes to what is on the agent's machine.
extension Gateway {
    /// Starts a process over there; the stream is its standard input and output.
    ///
    /// Returns at once. If the process cannot be started, the stream's channel ends with a ``RemoteError`` of kind `refused`.
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
            return GatewayStream(try await openStream(description), poller: poller, process: StreamedProcess(errors))
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
        return GatewayStream(try await openStream(["connect": place]), poller: poller, process: nil)
    }

    private func openStream(_ description: [String: Value]) async throws -> Channel {
        guard try await info().language == "python" else {
            return try await remoteExec(Program(kind: StreamProgram.kind, description))
        }
        return try await remoteExec(
            .python(PythonAgent.stream, arguments: ["stream": Value(description)], file: "<execnet stream>")
        )
    }
}

/// A stream of raw bytes that travels in a channel: its items are byte strings.
package struct GatewayStream: Sendable {
    package let channel: Channel
    /// The process at its other end, if it is one.
    package let process: StreamedProcess?
    /// What serves the gateway's own link.
    package let poller: Poller

    init(_ channel: Channel, poller: Poller, process: StreamedProcess?) {
        self.channel = channel
        self.poller = poller
        self.process = process
    }

    /// A link for an endpoint that speaks with an agent at the stream's other end.
    package func link(of endpoint: Endpoint) -> ChannelLink { ChannelLink(channel, poller: poller, endpoint: endpoint) }
}

/// A process at the other end of a stream: what it writes to its standard error, and how it ends.
package final class StreamedProcess: Sendable {
    /// How a process ended, as far as is known.
    package enum End: Sendable, Hashable {
        case ended(ExitStatus)
        /// It could not be started, or its gateway was lost first.
        case unknown
    }

    private let errors: Channel

    init(_ errors: Channel) { self.errors = errors }

    /// Begins to listen. Both functions are called on the thread that reads the gateway's link and must not block; `onEnd` once, last.
    package func start(
        onErrors: @escaping @Sendable (UnsafeRawBufferPointer) -> Void,
        onEnd: @escaping @Sendable (End) -> Void
    ) {
        errors.endpoint.attach(StreamedProcessSink(errors, onErrors, onEnd), to: errors.core)
    }

    /// Sends a signal to the process's group, past what waits for its standard input.
    package func signal(_ number: Int32) {
        guard let item = try? Wire.encode(number) else { return }
        errors.endpoint.enqueueWhole(item, on: errors.core, Waiter())
    }
}

/// Takes what comes on the channel beside a process's stream.
private final class StreamedProcessSink: ChannelSink {
    private let channel: Channel
    private let onErrors: @Sendable (UnsafeRawBufferPointer) -> Void
    private let onEnd: @Sendable (StreamedProcess.End) -> Void
    private let hasEnded = Atomic(false)

    init(
        _ channel: Channel,
        _ onErrors: @escaping @Sendable (UnsafeRawBufferPointer) -> Void,
        _ onEnd: @escaping @Sendable (StreamedProcess.End) -> Void
    ) {
        self.channel = channel
        self.onErrors = onErrors
        self.onEnd = onEnd
    }

    func received(_ item: UnsafeRawBufferPointer, cost: Int) -> Int {
        if let bytes = ByteString.content(of: item) {
            onErrors(bytes)
        } else if let value = try? Wire.decode(Value.self, from: item) {
            if let status = value["exit"]?.int { end(.ended(.exited(Int32(truncatingIfNeeded: status)))) }
            if let number = value["signal"]?.int { end(.ended(.signalled(Int32(truncatingIfNeeded: number)))) }
        }
        return cost
    }

    func receivedEnd() { end(.unknown) }
    func closed(_ end: ChannelEnd) { self.end(.unknown) }

    private func end(_ end: StreamedProcess.End) {
        guard !hasEnded.exchange(true, ordering: .acquiringAndReleasing) else { return }
        onEnd(end)
        channel.close(with: nil)
    }
}
