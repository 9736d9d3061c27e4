//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTLS
import Testing

@testable import ExecnetSocketServer

@Suite struct PendingConnectionsTests {
    private let start = MonotonicTime.distantPast + .seconds(1)

    @Test func theOldestGoesForOneTooMany() {
        var pending = PendingConnections(limit: 2, patience: .seconds(10))
        #expect(pending.add(1, now: start) == nil)
        #expect(pending.add(2, now: start) == nil)
        #expect(pending.add(3, now: start) == 1)
        #expect(pending.count == 2)
    }

    @Test func whatHasBeenServedIsNotCounted() {
        var pending = PendingConnections(limit: 2, patience: .seconds(10))
        _ = pending.add(1, now: start)
        _ = pending.add(2, now: start)
        pending.remove(1)
        #expect(pending.add(3, now: start) == nil)
        #expect(pending.add(4, now: start) == 2)
    }

    @Test func eachHasItsOwnTime() {
        var pending = PendingConnections(limit: 9, patience: .seconds(10))
        _ = pending.add(1, now: start)
        _ = pending.add(2, now: start + .seconds(1))
        #expect(pending.deadline == start + .seconds(10))
        #expect(pending.expire(now: start + .milliseconds(9_999)) == [])
        #expect(pending.expire(now: start + .seconds(10)) == [1])
        #expect(pending.deadline == start + .seconds(11))
        #expect(pending.expire(now: start + .seconds(11)) == [2])
        #expect(pending.deadline == nil)
    }
}
