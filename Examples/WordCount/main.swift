//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet

await Agent.serveIfLaunched()
try await withGateway("popen") { gateway in
    let channel = try await gateway.remoteExec { channel in
        for try await n in channel.items(as: Int.self) { try await channel.send(n * n) }
    }
    try await channel.send(7)
    print(try await channel.receive(as: Int.self))
    let clock = ContinuousClock()
    for _ in 0..<3 {
        let n = 20000
        let t = try await clock.measure { for i in 0..<n { try await channel.send(i); _ = try await channel.receive(as: Int.self) } }
        print("rtt", t / n)
    }
}
