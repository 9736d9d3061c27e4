//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Reads values one after another from memory that somebody else keeps.
///
/// Types that conform to ``WireDecodable`` are given one. The memory must stay as it is for as long as the reader is
/// used; the entry points of ``Wire`` see to that. After an error a reader stands at no particular place.
///
/// Every length is checked against the bytes that are there and against ``WireLimits`` before anything is reserved.
public struct WireReader: ~Copyable {
    @usableFromInline var cursor: UnsafeRawPointer
    @usableFromInline let start: UnsafeRawPointer
    @usableFromInline let end: UnsafeRawPointer
    @usableFromInline var remainingDepth: Int
    @usableFromInline var reservable: Int
    /// What this reader accepts.
    public let limits: WireLimits

    /// Whatever the caller wants types to find while they decode themselves; see `CodingUserInfoKey.wireContext`.
    @usableFromInline package var context: AnyObject?

    /// Makes a reader of `bytes`, which the caller keeps alive and unchanged while it is used.
    @inlinable
    public init(_ bytes: UnsafeRawBufferPointer, limits: WireLimits = .default, context: AnyObject? = nil) {
        start = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 16).unsafelyUnwrapped
        end = start + bytes.count
        cursor = start
        remainingDepth = limits.depth
        reservable = 64 + 32 * bytes.count
        self.limits = limits
        self.context = context
    }

    /// How many bytes are left.
    @inlinable
    public var remaining: Int { end - cursor }

    /// How many bytes have been read.
    @inlinable
    public var position: Int { cursor - start }

    /// Whether everything has been read.
    @inlinable
    public var isAtEnd: Bool { cursor == end }

    /// What kind of value comes next; nothing is read.
    public func peekKind() throws(WireError) -> WireKind {
        WireKind(initialByte: try peekByte())
    }

    @inlinable @inline(__always)
    func peekByte() throws(WireError) -> UInt8 {
        guard cursor < end else { throw .truncated(at: position) }
        return cursor.load(as: UInt8.self)
    }

    /// Moves to another place in the bytes; a place outside becomes their end.
    mutating func seek(to position: Int) {
        cursor = position <= end - start ? start + position : end
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

    /// How many of `count` announced elements of `stride` bytes to reserve memory for.
    ///
    /// All reservations of one reader together stay below a fixed multiple of the bytes that it was given, so nested
    /// containers that announce more than they hold gain nothing. Honest values are hardly ever held back.
    @inlinable
    mutating func reservation(_ count: Int, stride: Int) -> Int {
        let stride = max(stride, 1)
        let granted = min(count, reservable / stride)
        reservable -= granted * stride
        return granted
    }
}
