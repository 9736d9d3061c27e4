//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The channels of a link by their numbers.
struct ChannelTable {
    private var entries: [UInt64: ChannelCore] = [:]
    /// The one asked for last: frames of a channel come in bursts.
    private var recent: ChannelCore?

    var count: Int { entries.count }
    var channels: some Collection<ChannelCore> { entries.values }

    subscript(number: UInt64) -> ChannelCore? {
        get { recent?.number == number ? recent : entries[number] }
        set {
            recent = nil
            entries[number] = newValue
        }
    }

    /// As the subscript, and remembers the answer.
    mutating func find(_ number: UInt64) -> ChannelCore? {
        if let recent, recent.number == number { return recent }
        recent = entries[number]
        return recent
    }

    mutating func removeAll() { self = ChannelTable() }
}
