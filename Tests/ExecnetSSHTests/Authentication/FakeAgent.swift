//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Synchronization

@testable import ExecnetSSH

/// An agent's socket, and behind it what a test wants.
final class FakeAgent: Sendable {
    enum Manner: Sendable {
        /// Says nothing to whoever connects.
        case silent
        /// Hangs up.
        case closing
        /// Answers every request with these bytes, and goes on listening.
        case answering([UInt8])
        /// Lists a key, and answers with these bytes to what else is wanted; with none it is silent then.
        case listing([UInt8], then: [UInt8])
    }

    let path: String
    private let manner: Manner
    private let socket: Descriptor
    private let connections = Mutex<[Descriptor]>([])
    /// Requests that have come.
    private let requestCount = Monitor(0)

    static func with(
        _ manner: Manner,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (FakeAgent) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let agent = try FakeAgent(manner, at: folder + "/agent")
            defer { agent.stop() }
            try await body(agent)
        }
    }

    private init(_ manner: Manner, at path: String) throws {
        self.path = path
        self.manner = manner
        socket = Descriptor(owning: ExecnetSystem.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let isListening = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket.value, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 && listen(socket.value, 8) == 0
            }
        }
        guard isListening else { throw SystemError("listen") }
        try SystemThread.start(name: "test-agent") { self.accept() }
    }

    /// Returns once so many requests have come.
    func requests(_ count: Int) async {
        await withCheckedContinuation { continuation in
            do {
                try SystemThread.start(name: "test-waits") {
                    self.requestCount.wait {
                        $0 >= count
                    } then: { _ in
                    }
                    continuation.resume()
                }
            } catch {
                continuation.resume()
            }
        }
    }

    private func stop() {
        shutdown(socket.value, Int32(SHUT_RDWR))
        for connection in connections.withLock({ $0 }) { shutdown(connection.value, Int32(SHUT_RDWR)) }
    }

    private func accept() {
        while case let number = ExecnetSystem.accept(socket.value, nil, nil), number >= 0 {
            let connection = Descriptor(owning: number)
            if case .closing = manner { continue }
            connections.withLock { $0.append(connection) }
            do {
                try SystemThread.start(name: "test-agent") { self.serve(connection) }
            } catch { return }
        }
    }

    private func serve(_ connection: Descriptor) {
        var room = [UInt8](repeating: 0, count: 65_536)
        while case .bytes(let count) = room.withUnsafeMutableBytes({ connection.read(into: $0) }) {
            requestCount.withLock { $0 += 1 }
            requestCount.broadcast()
            let answer: [UInt8] =
                switch manner {
                case .answering(let bytes): bytes
                case .listing(let list, let then): count == 5 ? list : then
                case .silent, .closing: []
                }
            _ = answer.withUnsafeBytes { $0.isEmpty ? .wouldBlock : connection.write($0) }
        }
        connection.close()
    }

    /// A list of one key, as it goes over the socket.
    static func list(_ key: PublicKey, comment: String = "fake") -> [UInt8] {
        var body: [UInt8] = [12]
        body.appendNumber(1)
        body.appendString(key.blob)
        body.appendString(Array(comment.utf8))
        return message(body)
    }

    static func message(_ body: [UInt8]) -> [UInt8] {
        var message: [UInt8] = []
        message.appendString(body)
        return message
    }
}
