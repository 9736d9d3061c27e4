//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Why somebody who waited goes on.
package enum WakeReason: Sendable {
    /// Something changed: look again.
    case changed
    case cancelled
    case timedOut
}

/// Somebody who waits for a channel or a link to change. Woken once.
///
/// State machines pass it around as a token. Unchecked because its fields are written only under the endpoint's lock, before the
/// waiter is in any list, and read only by the one who has taken it out of its list.
package final class Waiter: @unchecked Sendable {
    var continuation: UnsafeContinuation<WakeReason, Never>?
    /// What is done instead, on the thread that wakes it, by a waiter that is no task.
    let action: (@Sendable () -> Void)?
    /// The timer that ends the wait.
    var timer: UInt64?
    /// Set when the message that it waits for has been passed on whole.
    package internal(set) var isDone = false

    package init(action: (@Sendable () -> Void)? = nil) { self.action = action }
}

/// Those who wait for the same thing, in the order in which they came.
package struct WaitList {
    private var waiters: [Waiter] = []

    package init() {}

    package var isEmpty: Bool { waiters.isEmpty }

    package mutating func add(_ waiter: Waiter) { waiters.append(waiter) }

    package mutating func takeFirst() -> Waiter? { waiters.isEmpty ? nil : waiters.removeFirst() }

    package mutating func takeAll() -> [Waiter] {
        defer { waiters = [] }
        return waiters
    }

    /// Removes one who gave up; false if it was woken already.
    package mutating func remove(_ waiter: Waiter) -> Bool {
        guard let index = waiters.firstIndex(where: { $0 === waiter }) else { return false }
        waiters.remove(at: index)
        return true
    }
}
