//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import Synchronization
import Testing

/// Opening a gateway to which nobody answers.
struct AbandonTests {
    private final class Unreachable: LaunchedProcess {
        let waits = Mutex(0)
        let signals = Mutex(0)

        var exitStatus: ExecnetSystem.ExitStatus? { nil }
        var isGone: Bool { false }
        var takesSignals: Bool { false }
        var name: String { "process of a test" }
        func whenGone(_ handler: @escaping @Sendable () -> Void) { waits.withLock { $0 += 1 } }
        func signal(_ number: Int32) { signals.withLock { $0 += 1 } }
    }

    @Test(.timeLimit(.minutes(1))) func aProcessThatTakesNoSignalsIsNotWaitedFor() async throws {
        let process = Unreachable()
        var configuration = GatewayConfiguration()
        configuration.openTimeout = .zero
        let stream = LaunchedStream(poller: try PollerThread.shared(), errors: nil, process: process) { MemoryLink($0) }
        await #expect(throws: GatewayError.self) {
            try await Gateway.start(id: "g", spec: "", stream: stream, configuration: configuration)
        }
        // The gateway's own, from the start.
        #expect(process.waits.withLock { $0 } == 1)
        #expect(process.signals.withLock { $0 } == 0)
    }
}
