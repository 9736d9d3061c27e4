//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire

/// An item that is one byte string, whose bytes lie in the outbound buffer of another link: how a link travels in a channel.
///
/// Whoever made it leaves that buffer as it is until the item has been passed on.
package struct ForwardedBytes: Sendable {
    private let source: OutboundBuffer
    private let range: Range<Int>

    /// - Parameter range: not empty, at most ``ByteString/maximumFramed`` bytes.
    package init(_ source: OutboundBuffer, _ range: Range<Int>) {
        self.source = source
        self.range = range
    }

    /// The size of the item, with its head.
    package var count: Int { ByteString.headSize(range.count) + range.count }

    /// Appends the frame.
    func write(to buffer: OutboundBuffer, channel: UInt64) {
        let header = FrameHeader(length: UInt32(count), type: .item, flags: [], channel: channel)
        ByteString.withHead(range.count) { buffer.append(header, $0) }
        buffer.append(from: source, range)
    }
}
