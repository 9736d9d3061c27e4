//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CZlib

/// Compresses with zlib into the form that `gzip -dc` reads.
struct Gzip {
    /// The compressed bytes, in pieces of equal size but for the last: growing one array would copy it again and again.
    private(set) var pieces: [[UInt8]] = []
    static let pieceSize = 256 << 10

    /// Compresses all that `read` gives, until it gives nothing. Nil if zlib has no memory.
    static func compress<E: Error>(
        reading read: (UnsafeMutableRawBufferPointer) throws(E) -> Int
    ) throws(E) -> Gzip? {
        // The stream refers to itself, so it must not move.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        let size = Int32(MemoryLayout<z_stream>.size)
        // 15 bits of window, and 16 for the form of gzip. Level 1: most of the gain, in a fraction of the time.
        guard deflateInit2_(stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK else {
            return nil
        }
        defer { deflateEnd(stream) }
        let input = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 16)
        defer { input.deallocate() }
        var result = Gzip()
        var status = Z_OK
        repeat {
            let count = try read(input)
            stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: Bytef.self)
            stream.pointee.avail_in = uInt(count)
            status = result.take(from: stream, isLast: count == 0)
        } while status == Z_OK
        return status == Z_STREAM_END ? result : nil
    }

    private var roomInLastPiece = 0

    /// Z_OK: more input is needed; Z_STREAM_END: all is done.
    private mutating func take(from stream: UnsafeMutablePointer<z_stream>, isLast: Bool) -> Int32 {
        var status = Z_OK
        repeat {
            if roomInLastPiece == 0 {
                pieces.append([UInt8](repeating: 0, count: Gzip.pieceSize))
                roomInLastPiece = Gzip.pieceSize
            }
            let room = roomInLastPiece
            pieces[pieces.count - 1].withUnsafeMutableBufferPointer { piece in
                stream.pointee.next_out = piece.baseAddress?.advanced(by: piece.count - room)
                stream.pointee.avail_out = uInt(room)
                status = deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
            }
            roomInLastPiece = Int(stream.pointee.avail_out)
        } while status == Z_OK && roomInLastPiece == 0
        if status == Z_STREAM_END { pieces[pieces.count - 1].removeLast(roomInLastPiece) }
        // No progress was possible, because all input is taken and nothing is to be put out yet.
        return status == Z_BUF_ERROR && !isLast ? Z_OK : status
    }
}
