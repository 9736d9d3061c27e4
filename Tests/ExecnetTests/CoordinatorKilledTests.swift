//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

/// A coordinator that is killed leaves nothing behind, even if its Swift programs never yield.
@Suite(.leavesNothingBehind)
struct CoordinatorKilledTests {
    @Test(.timeLimit(.minutes(1)), arguments: TestCoordinator.Work.allCases)
    func nothingOutlivesTheCoordinator(work: TestCoordinator.Work) async throws {
        let mark = (name: "EXECNET_TEST_RUN", value: "\(UInt64.random(in: 0 ... .max))")
        let output = try DescriptorPair.pipe()
        let coordinator = try TestCoordinator.plan(work, mark: mark).startForTest(output: output.second)
        output.second.close()
        let reader = try DescriptorReader(output.first, poller: PollerThread.shared())
        #expect(await reader.next().map { String(decoding: $0, as: UTF8.self) } == "ready\n")
        #expect(survivors(mark).count > 1)
        let start = MonotonicTime.now
        coordinator.signal(SIGKILL)
        // Processes that are not our children announce their end to nobody, so the kernel's table is looked at until it is empty.
        while !survivors(mark).isEmpty, start.until(.now) < .seconds(20) { await Task.yield() }
        #expect(start.until(.now) < (work == .waiting ? .seconds(1) : .seconds(5)))
        #expect(survivors(mark) == [])
    }

    private func survivors(_ mark: (name: String, value: String)) -> [Int32] {
        ProcessTree.descendants(of: -1, marked: "\(mark.name)=\(mark.value)")
    }
}
