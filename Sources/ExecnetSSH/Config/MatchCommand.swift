//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// Runs the commands of `Match exec`.
enum MatchCommand {
    /// Whether a command line of a shell ends with status 0; its output goes nowhere. Blocks.
    static func succeeds(_ command: String) -> Bool {
        let null = Descriptor(owning: open("/dev/null", O_RDWR | O_CLOEXEC))
        let plan = ProcessPlan(executable: "/bin/sh", arguments: ["sh", "-c", command])
        guard null.value >= 0, let poller = try? PollerThread.shared(),
            let process = try? ChildProcess.start(plan, input: null, output: null, errors: null, poller: poller)
        else { return false }
        let end = Monitor<ExitStatus?>(nil)
        process.whenEnded { status in
            end.withLock { $0 = status }
            end.signal()
        }
        return end.wait(until: { $0 != nil }, then: { $0 }) == .exited(0)
    }
}
