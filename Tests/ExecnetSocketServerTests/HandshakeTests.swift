//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTLS
import ExecnetTestSupport
import NIOCore
import NIOPosix
import Testing

/// Handshakes that come to nothing.
@Suite(.timeLimit(.minutes(1)), .leavesNothingBehind)
struct HandshakeTests {
    @Test func oneThatNobodyAnswersEndsWithItsTask() async throws {
        try await expectCancelled { socket, client in
            _ = try await TLSRelay.connect(socket, group: MultiThreadedEventLoopGroup.singleton, client: client)
        }
        try await expectCancelled { socket, client in
            _ = try await TLSConnection.connect(socket, client: client) { Sink() }
        }
    }

    @Test func aRelayThatCannotBeginIsAnError() async throws {
        let pair = try DescriptorPair.sockets()
        await #expect(throws: Oddity.self) {
            _ = try await TLSRelay.open(pair.first, group: MultiThreadedEventLoopGroup.singleton) { throw Oddity() }
        }
        #expect(try await DescriptorReader(pair.second, poller: PollerThread.shared()).next() == nil)
    }

    private struct Oddity: Error {}
    private final class Sink: ChannelInboundHandler { typealias InboundIn = ByteBuffer }

    private func expectCancelled(_ connect: @escaping @Sendable (Descriptor, TLSClient) async throws -> Void)
        async throws
    {
        let pair = try DescriptorPair.sockets()
        let client = try #require(try Security.key(TestKey.one.key()).makeClient(of: nil))
        let task = Task { try await connect(pair.first, client) }
        let reader = try DescriptorReader(pair.second, poller: PollerThread.shared())
        // The client has said what it has to say, and waits for an answer.
        #expect(await reader.next() != nil)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        while await reader.next() != nil {}
    }
}
