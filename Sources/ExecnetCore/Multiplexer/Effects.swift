//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetWire

/// What is left to do outside the lock after bytes of the peer were taken in.
package struct Effects {
    /// A request that the multiplexer passes on because it knows no answer itself.
    package enum Event {
        case hello(Value)
        case opened(ChannelCore, WireBytes)
        /// The other side has closed the channel, so what runs on it is to be cancelled.
        case channelClosed(ChannelCore)
        case log(Value)
        case query(number: UInt64, name: String)
        case answer(number: UInt64, Value)
        case terminate(milliseconds: UInt64)
        case goodbye(code: String, message: String)
    }

    package var wake = Wakeups()
    package var events: [Event] = []
    /// Whether there is now something to write.
    package var hasOutput = false

    package init() {}

    package mutating func removeAll() {
        wake.removeAll()
        events.removeAll(keepingCapacity: true)
        hasOutput = false
    }
}
