//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetWire

/// Frames ready to be written, in order. Filled under the endpoint's lock while another one of its kind is being written.
///
/// Unchecked because it has one user at a time: the multiplexer fills it under the lock, then hands it to the one thread that
/// writes, and touches it again only when that thread has asked for the next.
package final class OutboundBuffer: @unchecked Sendable {
    /// Payloads of this size are not copied but kept until they are written. Smaller ones are cheaper to copy.
    package static let sharedSize = 16_384

    /// A part of a payload that comes after so many bytes of the buffer's own.
    private struct Shared {
        var position: Int
        var payload: WireBytes
        var range: Range<Int>
    }

    // Exempt from the run-time checks for overlapping access, which took a fifth of a sender's time: there is one user at a time.
    @exclusivity(unchecked) private var base: UnsafeMutableRawPointer
    @exclusivity(unchecked) private var capacity: Int
    @exclusivity(unchecked) private var stored = 0
    @exclusivity(unchecked) private var shared: [Shared] = []
    /// How many bytes there are to write.
    @exclusivity(unchecked) package private(set) var count = 0

    package init(capacity: Int = 4_096) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    package func append(_ header: FrameHeader, _ payload: UnsafeRawBufferPointer) {
        reserve(FrameHeader.size + payload.count)
        header.write(to: base + stored)
        stored += FrameHeader.size
        count += FrameHeader.size
        append(raw: payload)
    }

    /// As `append`, for a part of a payload that stays as it is.
    package func append(_ header: FrameHeader, _ payload: WireBytes, _ range: Range<Int>) {
        guard range.count >= OutboundBuffer.sharedSize else {
            return payload.withUnsafeBytes { append(header, UnsafeRawBufferPointer(rebasing: $0[range])) }
        }
        append(header, UnsafeRawBufferPointer(start: nil, count: 0))
        append(payload, range)
    }

    /// A part of what another buffer holds. Large payloads in it are shared, not copied.
    package func append(from other: OutboundBuffer, _ range: Range<Int>) {
        var position = 0  // in the other's bytes
        var raw = 0  // in the other's own memory
        func take(_ size: Int, _ append: (Range<Int>) -> Void) {
            let part = range.clamped(to: position..<position + size)
            if !part.isEmpty { append(part.lowerBound - position..<part.upperBound - position) }
            position += size
        }
        func takeRaw(to end: Int) {
            take(end - raw) {
                append(raw: UnsafeRawBufferPointer(start: other.base + raw + $0.lowerBound, count: $0.count))
            }
            raw = end
        }
        for piece in other.shared {
            takeRaw(to: piece.position)
            take(piece.range.count) { part in
                let lower = piece.range.lowerBound
                append(piece.payload, lower + part.lowerBound..<lower + part.upperBound)
            }
        }
        takeRaw(to: other.stored)
    }

    private func append(_ payload: WireBytes, _ range: Range<Int>) {
        guard range.count >= OutboundBuffer.sharedSize else {
            return payload.withUnsafeBytes { append(raw: UnsafeRawBufferPointer(rebasing: $0[range])) }
        }
        shared.append(Shared(position: stored, payload: payload, range: range))
        count += range.count
    }

    /// Bytes that are no frame: what has to reach the far side before the first one.
    package func append(raw bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        (base + stored).copyMemory(from: source, byteCount: bytes.count)
        stored += bytes.count
        count += bytes.count
    }

    /// As `append(raw:)`, for bytes that stay as they are.
    package func append(raw bytes: WireBytes) {
        shared.append(Shared(position: stored, payload: bytes, range: 0..<bytes.count))
        count += bytes.count
    }

    /// Empties it. A buffer that a burst has made large gives its memory back.
    package func clear() {
        stored = 0
        count = 0
        shared.removeAll(keepingCapacity: true)
        guard capacity > 1 << 20 else { return }
        base.deallocate()
        capacity = 4_096
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    private func reserve(_ extra: Int) {
        let needed = stored + extra
        guard needed > capacity else { return }
        let larger = max(needed, capacity * 2)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        moved.copyMemory(from: base, byteCount: stored)
        base.deallocate()
        base = moved
        capacity = larger
    }

    // MARK: what is to be written

    /// Calls `body` with the pieces of memory that hold the bytes from `start` on, in their order.
    package func withPieces<R>(from start: Int, _ body: (UnsafeBufferPointer<UnsafeRawBufferPointer>) -> R) -> R {
        withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: 2 * shared.count + 1) { pieces in
            var used = 0
            var skipped = start
            func add(_ piece: UnsafeRawBufferPointer) {
                let skip = min(skipped, piece.count)
                skipped -= skip
                guard piece.count > skip else { return }
                pieces.initializeElement(at: used, to: UnsafeRawBufferPointer(rebasing: piece[skip...]))
                used += 1
            }
            var position = 0
            for part in shared {
                add(UnsafeRawBufferPointer(start: base + position, count: part.position - position))
                // The address stays valid outside: the buffer holds the payload until it is cleared.
                part.payload.withUnsafeBytes { add(UnsafeRawBufferPointer(rebasing: $0[part.range])) }
                position = part.position
            }
            add(UnsafeRawBufferPointer(start: base + position, count: stored - position))
            return body(UnsafeBufferPointer(rebasing: pieces[..<used]))
        }
    }
}
