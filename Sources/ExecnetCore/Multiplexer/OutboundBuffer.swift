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
    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    package private(set) var count = 0

    package init(capacity: Int = 4_096) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    package func append(_ header: FrameHeader, _ payload: UnsafeRawBufferPointer) {
        let end = count + FrameHeader.size + payload.count
        if end > capacity { grow(to: end) }
        header.write(to: base + count)
        if let source = payload.baseAddress {
            (base + count + FrameHeader.size).copyMemory(from: source, byteCount: payload.count)
        }
        count = end
    }

    /// Bytes that are no frame: what has to reach the far side before the first one.
    package func append(raw bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        if count + bytes.count > capacity { grow(to: count + bytes.count) }
        (base + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    /// Empties it. A buffer that a burst has made large gives its memory back.
    package func clear() {
        count = 0
        guard capacity > 1 << 20 else { return }
        base.deallocate()
        capacity = 4_096
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    private func grow(to needed: Int) {
        let larger = max(needed, capacity * 2)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        moved.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = moved
        capacity = larger
    }
}
