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

    let hash: String
    let content: ImageContent
    private(set) var sent = 0

    init(hash: String, content: ImageContent) {
        self.hash = hash
        self.content = content
    }

    mutating func nextPiece() throws(GatewayError) -> WireBytes? {
        let piece = try content.read(at: sent, atMost: Upload.pieceSize)
        guard !piece.isEmpty else { return nil }
        sent += piece.count
        return piece.withUnsafeBytes { WireBytes(copying: $0) }
    }
}
