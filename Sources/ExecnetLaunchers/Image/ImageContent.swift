//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetCore
import ExecnetSystem

/// The bytes of a file as they are to be sent, read piece by piece.
package struct ImageContent: Sendable {
    /// How many there are.
    package let size: Int
    private let source: Source

    private enum Source {
        case file(Descriptor, path: String)
        case memory([[UInt8]])
    }

    init(_ file: Descriptor, path: String, size: Int) {
        self.size = size
        source = .file(file, path: path)
    }

    init(_ gzip: Gzip) {
        size = gzip.pieces.reduce(0) { $0 + $1.count }
        source = .memory(gzip.pieces)
    }

    /// At most `count` bytes from `offset` on, often fewer; none at the end.
    package func read(at offset: Int, atMost count: Int) throws(GatewayError) -> ArraySlice<UInt8> {
        let count = min(count, size - offset)
        guard count > 0 else { return [] }
        switch source {
        case .memory(let pieces):
            let piece = pieces[offset / Gzip.pieceSize].dropFirst(offset % Gzip.pieceSize)
            return piece.prefix(count)
        case .file(let file, let path):
            var bytes = [UInt8](repeating: 0, count: count)
            let taken = pread(file.value, &bytes, count, off_t(offset))
            guard taken > 0 else { throw ImageFile.changed(path) }
            return bytes.prefix(taken)
        }
    }
}
