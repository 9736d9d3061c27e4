//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import ExecnetTestSupport
import Testing

/// A coordinator that is killed leaves nothing behind: agents end, with their programs and what those started.
@Suite(.timeLimit(.minutes(1)), .leavesNothingBehind)
struct CoordinatorDeathTests {
    struct Work: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var spec = "popen"
        /// `--python` or `--shell`, and a program that sends something once all of it runs.
        var program: [String]
        var limit: Duration
    }

    private static let grandchildren = "sleep 1000 & setsid sleep 1000 & echo ready; wait"
    private static let stubborn =
        "trap '' TERM HUP INT; (trap '' TERM HUP INT; while :; do sleep 1000; done) & echo ready; wait"
    private static let spinning = "channel.send('ready')\nwhile True: pass"
    private static let pythonChild =
        "import subprocess\np = subprocess.Popen(['sleep', '1000'])\nchannel.send('ready')\np.wait()"

    private static let works = [
        Work(testDescription: "waiting", program: ["--shell", grandchildren], limit: .seconds(1)),
        Work(testDescription: "ignoring signals", program: ["--shell", stubborn], limit: .seconds(5)),
        Work(
            testDescription: "Python agent, waiting",
            spec: "popen//python=python3",
            program: ["--python", pythonChild],
            limit: .seconds(1)
        ),
        Work(
            testDescription: "Python agent, spinning",
            spec: "popen//python=python3",
            program: ["--python", spinning],
            limit: .seconds(5)
        ),
        Work(
            testDescription: "Python agent, ignoring signals",
            spec: "popen//python=python3",
            program: ["--shell", stubborn],
            limit: .seconds(5)
        ),
        Work(testDescription: "Python beside, spinning", program: ["--python", spinning], limit: .seconds(5)),
    ]

    @Test(arguments: works) func nothingOutlivesTheCoordinator(work: Work) async throws {
        let mark = "\(UInt64.random(in: 0 ... .max))"
        let run = try CommandRun(["exec", work.spec] + work.program, environment: ["EXECNET_TEST_RUN": mark])
        #expect(await run.nextOutput() == "ready\n")
        #expect(survivors(mark).count > 1)
        let start = MonotonicTime.now
        run.process.signal(SIGKILL)
        #expect(await run.process.ended() == .signalled(SIGKILL))
        // Processes that are not our children announce their end to nobody, so the kernel's table is looked at until it is empty.
        while !survivors(mark).isEmpty, start.until(.now) < .seconds(20) { await Task.yield() }
        #expect(survivors(mark) == [])
        #expect(start.until(.now) < work.limit)
    }

    private func survivors(_ mark: String) -> [Int32] {
        ProcessTree.descendants(of: -1, marked: "EXECNET_TEST_RUN=\(mark)")
    }
}
