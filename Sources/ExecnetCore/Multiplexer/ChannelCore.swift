//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A channel's place in the table: its number and its state.
///
/// Unchecked because its variables are only touched under the lock of the endpoint whose table it is in.
package final class ChannelCore: @unchecked Sendable {
    package let number: UInt64
    package var state: ChannelState
    /// Those to whom items and changes of bindings are delivered, in the order of their subscription.
    package var subscribers: [Subscriber] = []

    /// Whether a program here knows the channel; false for one that the other side has made and that no program has met yet.
    package var isClaimed = true

    package init(number: UInt64, attached: Bool, maximumWindow: Int) {
        self.number = number
        state = ChannelState(attached: attached, maximumWindow: maximumWindow)
    }

    /// Whether items go to subscribers, rather than to whoever receives them.
    package var takesItems: Bool { subscribers.contains { $0.takesItems } }
    package var takesBindings: Bool { subscribers.contains { $0.takesBindings } }
}
