//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetSystem
import ExecnetTestSupport
import Testing

/// The examples do what they say.
@Suite(.leavesNothingBehind)
struct ExampleTests {
    @Test(.timeLimit(.minutes(2)))
    func proxyServer() async throws {
        let output = try DescriptorPair.pipe()
        let plan = ProcessPlan(executable: ExecutablePath.built("ProxyServer"), arguments: ["ProxyServer"])
        let program = try plan.startForTest(output: output.second, errors: output.second)
        output.second.close()
        let reader = try DescriptorReader(output.first, poller: PollerThread.shared())
        var bytes: [UInt8] = []
        while let more = await reader.next() { bytes += more }
        // The port is any of those that are free.
        let text = String(decoding: bytes, as: UTF8.self).replacing(/77[0-9][0-9]/, with: "PORT")
        #expect(
            text == """
                Step by step:
                  a socket server listens on port PORT
                  the agent of "behind" (socket=localhost:PORT//id=behind) adds 1, 2 and 3: 6
                  both gateways are closed
                In one line:
                  the agent of "installed" (socket//installvia=proxy//id=installed) adds 1, 2 and 3: 6
                  the agent of "through" (popen//via=proxy//id=through) adds 1, 2 and 3: 6
                  all gateways are closed

                """
        )
        #expect(await program.ended() == .exited(0))
    }
}
