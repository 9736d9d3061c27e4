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

    /// An item that goes to its channel's sink.
    ///
    /// Unchecked because of ``bytes``, which never leave the thread that has read them: ``Endpoint/received(_:)`` passes all of them on
    /// before it returns to the reader, whose buffer they lie in. Those that lie in the multiplexer's own buffer, which the next
    /// read changes, are copied with ``keep()`` before the multiplexer returns.
    package struct Passed: @unchecked Sendable {
        package let sink: any ChannelSink
        package let core: ChannelCore
        /// Nil: ``bytes``, which are valid as long as what was read.
        package var whole: WireBytes?
        package var bytes: UnsafeRawBufferPointer
        package let cost: Int

        /// Copies the bytes, which are about to go: ``Multiplexer`` calls it for the item of a frame that came in pieces.
        mutating func keep() {
            if whole == nil { whole = WireBytes(copying: bytes) }
        }
    }

    package var wake = Wakeups()
    /// In the order in which they came; before the wakeups, which may tell of their channel's end.
    package var passed: [Passed] = []
    package var events: [Event] = []
    /// Whether there is now something to write.
    package var hasOutput = false

    package init() {}

    package mutating func removeAll() {
        wake.removeAll()
        passed.removeAll(keepingCapacity: true)
        events.removeAll(keepingCapacity: true)
        hasOutput = false
    }
}
