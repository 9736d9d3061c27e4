//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The memory behind ``WireBytes``, ``WireWriter`` and ``WireBytesBuilder``: a count, and the bytes.
///
/// One allocation where the bytes are few; a large piece comes from ``BlockCache`` and goes back there.
@usableFromInline
final class WireStorage: ManagedBuffer<WireStorage.Header, UInt8> {
    @usableFromInline
    struct Header {
        /// How many bytes are in use.
        @usableFromInline var count: Int
        @usableFromInline let bytes: UnsafeMutableRawPointer
        /// The piece that ``bytes`` points to if they do not follow the header.
        @usableFromInline let block: BlockCache.Block?

        @usableFromInline
        init(bytes: UnsafeMutableRawPointer, block: BlockCache.Block? = nil) {
            count = 0
            self.bytes = bytes
            self.block = block
        }
    }

    @inlinable
    static func make(capacity: Int) -> WireStorage {
        guard capacity < BlockCache.smallestBlock else { return makeLarge(capacity) }
        let buffer = WireStorage.create(minimumCapacity: capacity) { buffer in
            Header(bytes: buffer.withUnsafeMutablePointerToElements { UnsafeMutableRawPointer($0) })
        }
        return unsafeDowncast(buffer, to: WireStorage.self)
    }

    @usableFromInline @inline(never)
    static func makeLarge(_ capacity: Int) -> WireStorage {
        let block = BlockCache.take(capacity)
        let buffer = WireStorage.create(minimumCapacity: 0) { _ in Header(bytes: block.base, block: block) }
        return unsafeDowncast(buffer, to: WireStorage.self)
    }

    deinit {
        if let block = withUnsafeMutablePointerToHeader({ $0.pointee.block }) { BlockCache.give(block) }
    }

    /// How many bytes are in use. By pointer, which spares the run-time check for overlapping access.
    @inlinable
    var count: Int {
        get { withUnsafeMutablePointerToHeader { $0.pointee.count } }
        set { withUnsafeMutablePointerToHeader { $0.pointee.count = newValue } }
    }

    @inlinable
    var bytes: UnsafeMutableRawPointer { withUnsafeMutablePointerToHeader { $0.pointee.bytes } }
}
