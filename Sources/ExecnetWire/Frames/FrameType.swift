//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What a frame is for. The numbers are the protocol's and never change.
public enum FrameType: UInt8, Sendable, Hashable, CaseIterable {
    /// The first frame in each direction: versions, build, limits.
    case hello = 1
    /// Asks for a pong, to see whether the other side is there.
    case ping = 2
    /// Answers a ping with its bytes.
    case pong = 3
    /// Asks for the status or the info of the other side.
    case query = 4
    /// Answers a query.
    case answer = 5
    /// A line that the far program printed or logged.
    case log = 6
    /// Tells the agent to end its programs and itself.
    case terminate = 7
    /// Says why the sender closes the link after it.
    case goodbye = 8
    /// Begins a channel with a program on the agent.
    case open = 16
    /// Makes a channel known that is about to be sent inside a value.
    case attach = 17
    /// One value, or a fragment of one.
    case item = 18
    /// One atomic change of a channel's names and values.
    case bindings = 19
    /// The sender sends no more items and bindings.
    case end = 20
    /// The sender is done with the channel.
    case close = 21
    /// How much more the receiver of this frame may send.
    case credit = 22

    /// Whether such frames belong to a channel; the others are about the link, and their channel number is 0.
    @inlinable
    public var isOfChannel: Bool { rawValue >= 16 }
}

/// The marks that a frame can carry.
public struct FrameFlags: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8

    @inlinable
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Another fragment of the same message follows.
    @inlinable public static var more: FrameFlags { FrameFlags(rawValue: 1) }
    /// The message of which fragments were sent is given up.
    @inlinable public static var abandon: FrameFlags { FrameFlags(rawValue: 2) }
}
