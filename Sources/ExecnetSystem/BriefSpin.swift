//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
import Synchronization

/// Looks for something a moment long, again and again, before a thread goes to sleep for it.
///
/// To be woken on another processor takes far longer than what a quick answer needs. A look that finds nothing is a loss, so after
/// such misses it is tried more and more rarely; and never where the other side would need this very processor.
package final class BriefSpin: Sendable {
    /// How long one try takes at most.
    static let nanoseconds: Int64 = 30_000
    private static let longestPause = 512
    private static let isUseful = execnet_processor_count() > 1

    private let misses = Atomic(0)
    private let pause = Atomic(0)

    package init() {}

    /// Repeats `attempt` until it answers. Nil: it did not in time, or a try does not pay now.
    package func until<R>(_ attempt: () -> R?) -> R? {
        guard BriefSpin.isUseful, !isPausing else { return nil }
        let end = MonotonicTime.now + .nanoseconds(BriefSpin.nanoseconds)
        repeat {
            if let result = attempt() {
                misses.store(0, ordering: .relaxed)
                return result
            }
        } while MonotonicTime.now < end
        let count = min(misses.load(ordering: .relaxed) + 1, 9)
        misses.store(count, ordering: .relaxed)
        // A single miss is forgiven: a computer that does other things too is late now and then.
        pause.store(count == 1 ? 0 : min(1 << count, BriefSpin.longestPause), ordering: .relaxed)
        return nil
    }

    private var isPausing: Bool {
        let left = pause.load(ordering: .relaxed)
        guard left > 0 else { return false }
        pause.store(left - 1, ordering: .relaxed)
        return true
    }
}
