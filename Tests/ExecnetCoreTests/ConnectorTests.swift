//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

/// Connections that cannot be made at once.
@Suite(.leavesNothingBehind)
struct ConnectorTests {
    @Test(.timeLimit(.minutes(1))) func aFullQueueIsWaitedForAsLongAsOneMay() async throws {
        try await withFullQueue { queue in
            async let patient = Connector.connect(to: queue.target, within: .seconds(50))
            let error = await #expect(throws: Connector.Failure.self) {
                try await Connector.connect(to: queue.target, within: .milliseconds(50))
            }
            #expect(error?.description.contains("timed out") == true, "\(error?.description ?? "")")
            // Room for all.
            for _ in queue.waiting { Descriptor(owning: accept(queue.listener.value, nil, nil)).close() }
            let connection = try await patient
            #expect(connection.value >= 0)
        }
    }

    @Test(.timeLimit(.minutes(1))) func cancellingEndsTheWait() async throws {
        try await withFullQueue { queue in
            let connecting = Task { try await Connector.connect(to: queue.target, within: .seconds(3_600)) }
            connecting.cancel()
            await #expect(throws: CancellationError.self) { try await connecting.value }
        }
    }

    /// A Unix socket that takes no more connections, because nobody accepts those that wait.
    private struct FullQueue {
        let target: Connector.Target
        let listener: Descriptor
        var waiting: [Descriptor] = []
    }

    private func withFullQueue(_ body: (FullQueue) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/socket"
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            func call(_ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ number: Int32) -> Bool {
                withUnsafeBytes(of: &address) { bytes in
                    guard let base = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
                    return function(number, base, socklen_t(bytes.count)) == 0
                }
            }
            func socket() throws -> Descriptor {
                let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
                let descriptor = Descriptor(owning: Glibc.socket(AF_UNIX, type, 0))
                try #require(descriptor.value >= 0)
                return descriptor
            }
            var queue = FullQueue(target: .unix(path: path), listener: try socket())
            try #require(call(bind, queue.listener.value))
            try #require(listen(queue.listener.value, 0) == 0)
            while case let next = try socket(), call(connect, next.value) { queue.waiting.append(next) }
            try #require(errno == EAGAIN)
            try await body(queue)
        }
    }
}
