//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import ExecnetTestSupport
import NIOCore
import Testing

@testable import ExecnetSSH

/// Connected sockets that are taken over.
@Suite(.timeLimit(.minutes(1)), .librariesStarted, .leavesNothingBehind) struct SocketTransportTests {
    /// What was sent before is there nevertheless. Often, as it is about which of two threads comes first.
    @Test func aConnectionThatHasEndedAlreadyIsTakenOver() async throws {
        for _ in 0..<200 {
            let pair = try DescriptorPair.sockets()
            _ = Array("no room\n".utf8).withUnsafeBytes { pair.second.write($0) }
            pair.second.close()
            let buffers = SSHBuffers()
            let transport = try await SocketTransport.open(pair.first, buffers)
            await buffers.ended()
            #expect(buffers.preface.ended().map { "\($0)" }?.contains("no room") == true)
            transport.close()
        }
    }

    /// It would have us keep an answer to each of its requests.
    @Test func aServerThatSendsWithoutReadingIsLeft() async throws {
        let pair = try DescriptorPair.sockets()
        let buffers = SSHBuffers()
        buffers.begin()
        let transport = try await SocketTransport.open(pair.first, buffers)
        for _ in 0..<64 { transport.write(ByteBuffer(repeating: 0, count: 128 * 1_024)) }
        #expect(!buffers.hasEnded)
        _ = Array("SSH-2.0-deaf\r\n".utf8).withUnsafeBytes { pair.second.write($0) }
        await buffers.ended()
        #expect(buffers.reason?.code == .protocolViolation)
        pair.second.close()
        transport.close()
    }
}
