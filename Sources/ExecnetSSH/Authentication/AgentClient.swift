//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import Synchronization

/// Talks to an ssh-agent: one connection for each question. No thread waits for its answer.
struct AgentClient: Sendable {
    /// Path of its socket.
    let path: String
    /// An agent that is forwarded, or in a virtual machine that sleeps, may take its time.
    var listing = Duration.seconds(30)
    /// Somebody may have to confirm it, or to touch a key. As long as most servers wait.
    var signing = Duration.seconds(120)

    /// What keys it has. Throws ``AgentError``, `CancellationError`.
    func identities() async throws -> [AgentIdentity] {
        try AgentMessages.identities(in: try await answer(to: AgentMessages.identitiesWanted, within: listing))
    }

    /// Has it sign. Throws ``AgentError``, `CancellationError`.
    func signature(of data: [UInt8], by key: PublicKey) async throws -> [UInt8] {
        let request = AgentMessages.signatureWanted(of: data, by: key)
        return try AgentMessages.signature(in: try await answer(to: request, within: signing), by: key)
    }

    private func answer(to request: [UInt8], within limit: Duration) async throws -> [UInt8] {
        let deadline = MonotonicTime.now + limit
        let socket: Descriptor
        do {
            socket = try await Connector.connect(to: .unix(path: path), within: limit)
        } catch let failure as Connector.Failure {
            throw AgentError.unreachable(failure.description)
        }
        defer { socket.close() }
        let poller = try PollerThread.shared()
        let exchange = try AgentExchange(socket, poller: poller)
        let timer = poller.schedule(after: MonotonicTime.now.until(deadline)) { exchange.stop(.timedOut(limit)) }
        defer { poller.cancel(timer) }
        return try await withTaskCancellationHandler {
            try await exchange.answer(to: request)
        } onCancel: {
            exchange.stop(nil)
        }
    }
}

/// One question and its answer.
private final class AgentExchange: Sendable {
    private let writer: DescriptorWriter
    private let reader: DescriptorReader
    private let reason = Mutex<AgentError?>(nil)

    init(_ socket: Descriptor, poller: Poller) throws(SystemError) {
        writer = try DescriptorWriter(socket, poller: poller)
        reader = try DescriptorReader(socket, poller: poller)
    }

    /// Has whoever waits go on, with an error; without one it was cancelled.
    func stop(_ error: AgentError?) {
        reason.withLock { if $0 == nil { $0 = error } }
        writer.finish()
        reader.finish()
    }

    func answer(to request: [UInt8]) async throws -> [UInt8] {
        guard await writer.write(request) else { throw ended() }
        var bytes: [UInt8] = []
        while true {
            var fields = SSHFields(bytes[...])
            if let size = fields.number() {
                guard size <= AgentMessages.maximumSize else {
                    throw AgentError.nonsense("its answer has \(size) bytes")
                }
                guard fields.rest.count < size else { return Array(fields.rest.prefix(size)) }
            }
            guard let more = await reader.next() else { throw ended() }
            bytes += more
        }
    }

    private func ended() -> any Error {
        if let reason = reason.withLock({ $0 }) { return reason }
        return Task.isCancelled ? CancellationError() : AgentError.ended
    }
}
