//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetSystem
import ExecnetTestSupport
import Testing

@Suite(.leavesNothingBehind)
struct ExecnetProgramTests {
    /// The fixture is compiled with `@main`, as a user's program would be.
    @Test(.timeLimit(.minutes(1)))
    func item49ProgramsUseTheMainThread() async throws {
        let output = try DescriptorPair.pipe()
        let plan = ProcessPlan(executable: ExecutablePath.built("ExecnetProgramFixture"), arguments: ["fixture"])
        let program = try plan.startForTest(output: output.second)
        output.second.close()
        let reader = try DescriptorReader(output.first, poller: PollerThread.shared())
        var text: [UInt8] = []
        while let bytes = await reader.next() { text += bytes }
        #expect(
            String(decoding: text, as: UTF8.self) == """
                program on the main thread: false
                main actor on the main thread: true
                serial program on the main thread: true

                """
        )
        #expect(await program.ended() == .exited(0))
    }
}
