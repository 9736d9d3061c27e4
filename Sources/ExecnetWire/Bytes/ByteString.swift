//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Items that are nothing but a byte string, as streams of raw bytes are made of.
package enum ByteString {
    /// So many bytes go into one frame, with their head.
    package static let maximumFramed = FrameHeader.maximumPayload - 3

    /// The bytes before so many bytes of content.
    package static func headSize(_ count: Int) -> Int { count < 24 ? 1 : count < 0x100 ? 2 : count < 0x1_0000 ? 3 : 5 }

    /// Calls `body` with the head of a byte string of at most ``maximumFramed`` bytes.
    package static func withHead<R>(_ count: Int, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        precondition(count <= maximumFramed)
        return withUnsafeTemporaryAllocation(byteCount: 3, alignment: 1) { head in
            let size = headSize(count)
            head[0] = size == 1 ? 0x40 | UInt8(count) : size == 2 ? 0x58 : 0x59
            if size == 2 { head[1] = UInt8(count) }
            if size == 3 { head.storeBytes(of: UInt16(count).bigEndian, toByteOffset: 1, as: UInt16.self) }
            return body(UnsafeRawBufferPointer(rebasing: head[..<size]))
        }
    }

    /// The content of an item that is one byte string of definite length; nil if it is anything else.
    package static func content(of item: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard let first = item.first, first >> 5 == 2 else { return nil }
        let low = Int(first & 31)
        let width = low < 24 ? 0 : low < 28 ? 1 << (low - 24) : 9
        guard width <= 8, item.count > width else { return nil }
        let length = width == 0 ? UInt64(low) : item[1...width].reduce(0) { $0 << 8 | UInt64($1) }
        guard length == UInt64(item.count - 1 - width) else { return nil }
        return UnsafeRawBufferPointer(rebasing: item[(1 + width)...])
    }
}

extension WireBytes {
    /// Below this what was read is copied to memory of its size.
    private static let smallestKept = 16_384

    /// An item that is one byte string of what `fill` writes into the memory that it is given; it returns how many bytes these are. Nil: none.
    package static func byteString(filledBy fill: (UnsafeMutableRawBufferPointer) -> Int) -> WireBytes? {
        let capacity = FrameHeader.maximumPayload
        let room = capacity - ByteString.maximumFramed
        let storage = WireStorage.make(capacity: capacity)
        let target = UnsafeMutableRawBufferPointer(start: storage.bytes + room, count: ByteString.maximumFramed)
        let count = fill(target)
        guard count > 0 else { return nil }
        guard count >= smallestKept else {
            return ByteString.withHead(count) { head in
                let small = WireStorage.make(capacity: head.count + count)
                UnsafeMutableRawBufferPointer(start: small.bytes, count: head.count).copyMemory(from: head)
                (small.bytes + head.count).copyMemory(from: storage.bytes + room, byteCount: count)
                small.count = head.count + count
                return WireBytes(storage: small)
            }
        }
        // So many bytes have a head of exactly the room before them.
        ByteString.withHead(count) { head in
            UnsafeMutableRawBufferPointer(start: storage.bytes, count: room).copyMemory(from: head)
        }
        storage.count = room + count
        return WireBytes(storage: storage)
    }
}
