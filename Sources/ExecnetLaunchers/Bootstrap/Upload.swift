//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetWire

/// A file on its way to the far side, piece by piece.
struct Upload: Sendable {
    /// Bytes that are handed to the stream at once; progress is told as often. Few enough to be gone in much less than `openTimeout`, however slow the stream.
    static let pieceSize = 32_768

    /// How much stage 0 takes at once before it says that it did.
    static let blockSize = 131_072

    let hash: String
    let content: ImageContent
    private(set) var sent = 0
    /// How much may be sent before more is asked for.
    private var allowed = Int.max

    init(hash: String, content: ImageContent) {
        self.hash = hash
        self.content = content
    }

    /// Sends a block when the one before has been taken.
    mutating func waitsForBlocks() { allowed = Upload.blockSize }

    /// A block has been taken.
    mutating func acknowledge() { if allowed < .max { allowed += Upload.blockSize } }

    mutating func nextPiece() throws(GatewayError) -> WireBytes? {
        let piece = try content.read(at: sent, atMost: min(Upload.pieceSize, allowed - sent))
        guard !piece.isEmpty else { return nil }
        sent += piece.count
        return piece.withUnsafeBytes { WireBytes(copying: $0) }
    }
}
