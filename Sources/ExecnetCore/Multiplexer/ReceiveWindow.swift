//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// How much the peer may still send on one channel, and when to let it send more.
///
/// The window starts at what the protocol grants every channel and doubles, as long as the program keeps taking items, up to the
/// configured size: idle channels promise little memory, busy ones are not held up by the distance.
package struct ReceiveWindow: Sendable {
    /// Units that the protocol grants to each direction of a new channel.
    package static let initial = 262_144
    /// What a frame costs beside its payload: about what a small item takes in memory while it waits.
    package static let frameCost = 64
    /// No sender's balance may be larger.
    package static let maximumBalance = 1 << 40

    /// Units that the peer may still send.
    package private(set) var outstanding = ReceiveWindow.initial
    /// Units that have come and were not taken yet.
    package private(set) var held = 0
    private var size = ReceiveWindow.initial
    private let maximum: Int

    package init(maximum: Int) { self.maximum = max(maximum, ReceiveWindow.initial) }

    /// Counts a frame that has come. False: the peer sent without credit.
    package mutating func receive(_ cost: Int) -> Bool {
        guard cost <= outstanding else { return false }
        outstanding -= cost
        held += cost
        return true
    }

    /// Counts what the program took, and returns the credit to give now, if it is worth a frame.
    package mutating func take(_ cost: Int) -> Int? {
        held -= cost
        let missing = size - outstanding - held
        guard missing >= size / 2 else { return nil }
        let grown = min(maximum, size * 2)
        let credit = missing + grown - size
        size = grown
        outstanding += credit
        return credit
    }
}
