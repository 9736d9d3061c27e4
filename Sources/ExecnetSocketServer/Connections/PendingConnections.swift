//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// The connections that have not said yet, or not proven, what they may: few, and each for a short time.
///
/// When there are too many the oldest has to go. So whoever opens a thousand and says nothing keeps nobody out.
struct PendingConnections {
    private struct Entry {
        var number: UInt64
        var deadline: MonotonicTime
    }

    private let limit: Int
    private let patience: Duration
    /// By age, and so by deadline and by number too.
    private var entries: [Entry] = []

    init(limit: Int, patience: Duration) {
        self.limit = limit
        self.patience = patience
    }

    var count: Int { entries.count }

    /// When the oldest has to be through.
    var deadline: MonotonicTime? { entries.first?.deadline }

    /// Adds a connection with a number higher than all before. Returns the one that has to go for it.
    mutating func add(_ number: UInt64, now: MonotonicTime) -> UInt64? {
        entries.append(Entry(number: number, deadline: now + patience))
        return entries.count > limit ? removeOldest() : nil
    }

    func contains(_ number: UInt64) -> Bool { entries.contains { $0.number == number } }

    /// The connection has been served or has ended.
    mutating func remove(_ number: UInt64) {
        if let index = entries.firstIndex(where: { $0.number == number }) { entries.remove(at: index) }
    }

    /// - Parameter number: the first that stays.
    mutating func removeOldest(before number: UInt64 = .max) -> UInt64? {
        guard let oldest = entries.first, oldest.number < number else { return nil }
        return entries.removeFirst().number
    }

    /// Removes those that have taken too long.
    mutating func expire(now: MonotonicTime) -> [UInt64] {
        let late = entries.prefix { $0.deadline <= now }
        entries.removeFirst(late.count)
        return late.map(\.number)
    }
}
