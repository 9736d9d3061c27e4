//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Synchronization

/// Large pieces of memory that are kept for the next large item.
///
/// The allocator returns such pieces to the kernel, which then has to clear every page of the next one: that took most of the
/// time of an item of 1 MiB.
@usableFromInline
enum BlockCache {
    @usableFromInline
    struct Block: @unchecked Sendable {
        // Unchecked because a block has one owner: who took it, or the cache.
        @usableFromInline let base: UnsafeMutableRawPointer
        let capacity: Int
    }

    /// Smaller pieces are left to the allocator. In bytes, as the others.
    @usableFromInline static var smallestBlock: Int { 65_536 }
    /// Larger ones are not kept.
    static let largestBlock = 5 << 20
    /// How much is kept in all.
    static let limit = 8 << 20

    private struct State {
        var blocks: [Block] = []
        var size = 0
    }

    private static let state = Mutex(State())

    /// A piece of at least `capacity` bytes, with any content.
    static func take(_ capacity: Int) -> Block {
        let kept = state.withLock { state -> Block? in
            // The one given back last is most likely still in the processor's cache.
            let fitting = state.blocks.lastIndex { $0.capacity >= capacity && $0.capacity / 4 <= capacity }
            guard let fitting else { return nil }
            let block = state.blocks.remove(at: fitting)
            state.size -= block.capacity
            return block
        }
        if let kept { return kept }
        // Rounded up, so that items of about the same size fit into each other's pieces.
        let rounded = (capacity + capacity / 8 + 4_095) & ~4_095
        return Block(base: .allocate(byteCount: rounded, alignment: 16), capacity: rounded)
    }

    static func give(_ block: Block) {
        guard block.capacity <= largestBlock else { return block.base.deallocate() }
        let dropped = state.withLock { state in
            state.blocks.append(block)
            state.size += block.capacity
            // The oldest goes first: the sizes that are wanted now stay.
            var excess = 0
            while state.size > limit {
                state.size -= state.blocks[excess].capacity
                excess += 1
            }
            defer { state.blocks.removeFirst(excess) }
            return Array(state.blocks.prefix(excess))
        }
        for block in dropped { block.base.deallocate() }
    }
}
