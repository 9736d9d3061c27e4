//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

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
}
