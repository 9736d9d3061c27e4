//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What this side of a link takes and grants at most. Sizes in bytes.
public struct LinkLimits: Sendable {
    /// The largest item that is received. An item is held whole in memory.
    public var itemSize = 256 << 20
    /// How far one channel's receive window may grow: the most that a sender may have under way to a program that reads. A program that
    /// does not read never holds more than this (and at first an eighth of it).
    public var channelWindow = 2 << 20
    /// The largest description of a program (its source or its arguments); the same on both sides, by the protocol.
    public static let programSize = 16 << 20
    /// How many channels may be in the table before the other side's attempt to add one ends the link. Each may hold a window of items that no
    /// program takes.
    public var channels = 65_536
    /// How much may wait to be written that only the peer's requests caused, before the peer counts as not reading.
    public var answerBacklog = 1 << 20

    public init() {}
}
