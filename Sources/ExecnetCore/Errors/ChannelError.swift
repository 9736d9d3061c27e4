//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A channel was used in a way, or at a time, that does not work.
public struct ChannelError: Error, Sendable, CustomStringConvertible {
    /// What kind of misuse or end it was.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Name: String {
            case closed, ended, endOfItems, timedOut, subscribed, tooManyBindings, itemTooLarge, foreign, ownProgram
        }
        private let name: Name
        private init(_ name: Name) { self.name = name }

        /// The channel was closed, by this side or by the other.
        public static let closed = Code(.closed)
        /// This side said with `end()` that it sends no more.
        public static let ended = Code(.ended)
        /// The other side sends no more, and all that it sent was received.
        public static let endOfItems = Code(.endOfItems)
        /// What was waited for did not come in time. The channel is as it was.
        public static let timedOut = Code(.timedOut)
        /// Items go to subscribers, so they cannot be received.
        public static let subscribed = Code(.subscribed)
        /// The channel's bindings are at a limit.
        public static let tooManyBindings = Code(.tooManyBindings)
        /// The item is larger than the other side takes.
        public static let itemTooLarge = Code(.itemTooLarge)
        /// The channel belongs to another gateway.
        public static let foreign = Code(.foreign)
        /// A program tried to close the channel that it runs on.
        public static let ownProgram = Code(.ownProgram)

        public var description: String { name.rawValue }
    }

    public var code: Code
    /// What went wrong, and what to do.
    public var message: String
    /// The gateway that the channel belongs to, if known.
    public var gateway: String?

    public init(_ code: Code, _ message: String, gateway: String? = nil) {
        self.code = code
        self.message = message
        self.gateway = gateway
    }

    public var description: String { gateway.map { "[\($0)] \(message)" } ?? message }
}
