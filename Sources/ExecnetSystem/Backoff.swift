//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Synchronization

/// Whether something that mostly pays is worth a try now: after misses it is tried more and more rarely.
package final class Backoff: Sendable {
    private let longestPause: Int
    private let misses = Atomic(0)
    /// Opportunities that are still to be let pass.
    private let pause = Atomic(0)

    /// - Parameter longestPause: how many opportunities are let pass at most between two tries.
    package init(longestPause: Int) { self.longestPause = longestPause }

    /// Counts an opportunity. True: try.
    package func allows() -> Bool {
        let left = pause.load(ordering: .relaxed)
        guard left > 0 else { return true }
        pause.store(left - 1, ordering: .relaxed)
        return false
    }

    /// Takes note of how a try went.
    package func record(success: Bool) {
        guard !success else { return misses.store(0, ordering: .relaxed) }
        let count = min(misses.load(ordering: .relaxed) + 1, 16)
        misses.store(count, ordering: .relaxed)
        // A single miss is forgiven: a computer that does other things too is late now and then.
        pause.store(count == 1 ? 0 : min(1 << count, longestPause), ordering: .relaxed)
    }
}
