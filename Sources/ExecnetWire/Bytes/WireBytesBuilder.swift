//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Puts the fragments of an item together, each copied once, into the item's ``WireBytes``.
///
/// A value: a copy that is changed becomes separate. Capacity grows by factors, so appending is linear over all fragments.
///
/// `@unchecked Sendable`: the storage is written only while this builder holds the only reference to it.
package struct WireBytesBuilder: @unchecked Sendable {
    private var storage: WireStorage?
    private var capacity = 0
    /// How many bytes have been appended.
    package private(set) var count = 0

    /// An empty builder that reserves `minimumCapacity` bytes when the first fragment comes.
    package init(minimumCapacity: Int = 0) {
        capacity = minimumCapacity
    }

    /// Appends a copy of `bytes`.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        let target = makeRoom(for: bytes.count)
        if let base = bytes.baseAddress { (target + count).copyMemory(from: base, byteCount: bytes.count) }
        count += bytes.count
    }

    /// The bytes appended so far; the builder is empty afterwards.
    package mutating func finish() -> WireBytes {
        _ = makeRoom(for: 0)
        let result = storage ?? WireStorage.make(capacity: 0)
        result.count = count
        self = WireBytesBuilder()
        return WireBytes(storage: result)
    }

    /// The next capacity. A small item's few fragments are seldom moved; what is reserved and not yet used costs no memory until it is written.
    private var larger: Int { capacity < 4 << 20 ? capacity * 4 + 4_096 : capacity * 2 }

    private mutating func makeRoom(for extra: Int) -> UnsafeMutableRawPointer {
        let needed = count + extra
        if isKnownUniquelyReferenced(&storage), needed <= capacity, let storage { return storage.bytes }
        if needed > capacity { capacity = max(needed, larger) }
        let larger = WireStorage.make(capacity: capacity)
        if let storage { larger.bytes.copyMemory(from: storage.bytes, byteCount: count) }
        storage = larger
        return larger.bytes
    }
}
