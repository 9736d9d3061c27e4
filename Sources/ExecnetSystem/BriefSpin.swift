//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem

/// Looks for something a moment long, again and again, before a thread goes to sleep for it.
///
/// To be woken on another processor takes far longer than what a quick answer needs. A look that finds nothing is a loss, so it is
/// tried more rarely where it does not pay; and never where the other side would need this very processor.
package final class BriefSpin: Sendable {
    private static let isUseful = execnet_processor_count() > 1

    private let backoff = Backoff(longestPause: 512)
    private let duration: Duration

    /// - Parameter duration: how long one try takes at most.
    package init(for duration: Duration = .microseconds(30)) { self.duration = duration }

    /// Repeats `attempt` until it answers. Nil: it did not in time, or a try does not pay now.
    package func until<R>(_ attempt: () -> R?) -> R? {
        guard BriefSpin.isUseful, backoff.allows() else { return nil }
        let end = MonotonicTime.now + duration
        repeat {
            if let result = attempt() {
                backoff.record(success: true)
                return result
            }
        } while MonotonicTime.now < end
        backoff.record(success: false)
        return nil
    }
}
