//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem

/// Looks for something a moment long, again and again, before a thread goes to sleep for it.
///
/// To be woken on another processor takes far longer than what a quick answer needs. A look that finds nothing is a loss, so it is
/// tried more rarely where it does not pay; and never where the other side would need this very processor. Whoever else needs it, such as a
/// gateway on the way of the answer, gets it at once.
package final class BriefSpin: Sendable {
    private static let isUseful = execnet_processor_count() > 1

    /// How long one try takes at most: longer than a round trip in which only one of the two sides has to be woken. A shorter one may never
    /// find anything, if the other side does as this one and both sleep.
    private static let duration = Duration.microseconds(60)

    private let backoff = Backoff(longestPause: 512)

    package init() {}

    /// Repeats `attempt` until it answers. Nil: it did not in time, or a try does not pay now.
    package func until<R>(_ attempt: () -> R?) -> R? {
        guard BriefSpin.isUseful, backoff.allows() else { return nil }
        let end = MonotonicTime.now + BriefSpin.duration
        repeat {
            if let result = attempt() {
                backoff.record(success: true)
                return result
            }
            sched_yield()
        } while MonotonicTime.now < end
        backoff.record(success: false)
        return nil
    }
}
