//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import Testing

struct SmokeTests {
    @Test(.timeLimit(.minutes(1))) func closureSquares() async throws {
        try await withGateway("popen") { gateway in
            let channel = try await gateway.remoteExec { channel in
                for try await n in channel.items(as: Int.self) { try await channel.send(n * n) }
            }
            try await channel.send(7)
            #expect(try await channel.receive(as: Int.self) == 49)
            channel.end()
            try await channel.waitClose()
        }
    }

    @Test(.timeLimit(.minutes(1))) func pythonDoubles() async throws {
        try await withGateway("popen//python=python3") { gateway in
            let channel = try await gateway.remoteExec(.python("channel.send(channel.receive() * 2)"))
            try await channel.send(21)
            #expect(try await channel.receive(as: Int.self) == 42)
            try await channel.waitClose()
        }
    }

    @Test(.timeLimit(.minutes(1))) func callReturns() async throws {
        try await withGateway("popen") { gateway in
            let sum = try await gateway.remoteCall([1, 2, 3]) { $0.reduce(0, +) }
            #expect(sum == 6)
        }
    }
}
