//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Writes values one after another into one growing piece of memory.
///
/// Types that conform to ``WireEncodable`` are given one. The caller writes exactly one value; an array or map is a
/// head, from ``beginArray(_:)`` or ``beginMap(_:)``, followed by as many values (for a map: keys and values) as it says.
/// Numbers and strings cannot fail to be written. Nothing is allocated but the memory that ``finish()`` hands over.
public struct WireWriter: ~Copyable {
    @usableFromInline var storage: WireStorage?
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var cursor: UnsafeMutableRawPointer
    @usableFromInline var limit: UnsafeMutableRawPointer
    @usableFromInline var remainingDepth: Int

    /// The number of every ``ChannelReference`` written, in order. Empty, and free, when there are none.
    package var channelReferences: [UInt64] { references ?? [] }
    @usableFromInline var references: [UInt64]?
    /// Whatever the caller wants types to find while they encode themselves; see `CodingUserInfoKey.wireContext`.
    @usableFromInline package var context: AnyObject?

    /// Makes an empty writer.
    ///
    /// - Parameters:
    ///   - minimumCapacity: How many bytes are reserved at once. An item that fits costs one allocation.
    ///   - depth: How deep containers may be nested; a deeper value, or one that contains itself, is an error.
    ///   - context: Whatever types are to find while they encode themselves; see `CodingUserInfoKey.wireContext`.
    @inlinable
    public init(minimumCapacity: Int = 128, depth: Int = 128, context: AnyObject? = nil) {
        let storage = WireStorage.make(capacity: minimumCapacity)
        self.storage = storage
        base = storage.bytes
        cursor = base
        limit = base + minimumCapacity
        remainingDepth = depth
        self.context = context
    }

    /// A writer without memory of its own, to stand in for one that has been moved elsewhere.
    init(placeholder: Void) {
        storage = nil
        base = UnsafeMutableRawPointer(bitPattern: 16).unsafelyUnwrapped
        cursor = base
        limit = base
        remainingDepth = 0
    }

    /// How many bytes have been written.
    @inlinable
    public var count: Int { cursor - base }

    /// Calls `body` with the bytes written so far, which are valid until it returns.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// The bytes written, without a copy.
    @inlinable
    public consuming func finish() -> WireBytes {
        let result = storage ?? WireStorage.make(capacity: 0)
        result.count = count
        return WireBytes(storage: result)
    }

    /// Makes sure that `count` bytes can be stored at `cursor`.
    @inlinable @inline(__always)
    mutating func reserve(_ count: Int) {
        if limit - cursor < count { grow(count) }
    }

    @usableFromInline @inline(never)
    mutating func grow(_ extra: Int) {
        let used = count
        let capacity = max(used + extra, 2 * (limit - base), 64)
        let larger = WireStorage.make(capacity: capacity)
        let start = larger.bytes
        start.copyMemory(from: base, byteCount: used)
        storage = larger
        base = start
        cursor = start + used
        limit = start + capacity
    }

    /// Makes room for the rest of a container, `done` of whose `total` elements have been written since `start`, going by
    /// their size: a long container is then not moved again and again as it grows.
    @usableFromInline @inline(never)
    mutating func expect(_ total: Int, done: Int, since start: Int) {
        let rest = (count - start) / max(done, 1) * (total - done)
        reserve(rest + rest / 8)
    }

    /// Forgets everything after the first `count` bytes.
    mutating func truncate(to count: Int, references: Int) {
        cursor = base + count
        if self.references != nil { self.references?.removeSubrange(references...) }
    }

    /// Counts one more level of nesting; ``leave()`` ends it. For types that can contain themselves.
    @inlinable @inline(__always)
    public mutating func enter() throws(WireError) {
        guard remainingDepth > 0 else { throw .tooDeep() }
        remainingDepth -= 1
    }

    /// Ends the level of nesting that ``enter()`` began.
    @inlinable @inline(__always)
    public mutating func leave() {
        remainingDepth += 1
    }
}
