//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A channel's place in the table: its number and its state.
///
/// Unchecked because its variables are only touched under the lock of the endpoint whose table it is in.
package final class ChannelCore: @unchecked Sendable {
    package let number: UInt64
    private let storage: UnsafeMutablePointer<ChannelState>
    /// Those to whom items and changes of bindings are delivered, in the order of their subscription.
    package var subscribers: [Subscriber] = [] {
        didSet {
            state.takesItems = subscribers.contains { $0.takesItems }
            state.keepsBindingChanges = subscribers.contains { $0.takesBindings }
        }
    }

    /// Takes items on the thread that reads them, once ``ChannelState/passesOn`` is set.
    package var sink: (any ChannelSink)?

    /// Whether a program here knows the channel; false for one that the other side has made and that no program has met yet.
    package var isClaimed = true

    package init(number: UInt64, attached: Bool, maximumWindow: Int) {
        self.number = number
        storage = .allocate(capacity: 1)
        storage.initialize(to: ChannelState(attached: attached, maximumWindow: maximumWindow))
    }

    deinit {
        storage.deinitialize(count: 1)
        storage.deallocate()
    }

    /// By pointer, which spares the run-time check for overlapping access: the lock rules that out.
    package var state: ChannelState {
        unsafeAddress { UnsafePointer(storage) }
        unsafeMutableAddress { storage }
    }
}
