//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

extension WireReader {
    /// The first byte of a value and the number that it or the bytes after it carry.
    @usableFromInline
    struct Head {
        @usableFromInline let initial: UInt8
        @usableFromInline let argument: UInt64

        @inlinable
        init(initial: UInt8, argument: UInt64) {
            self.initial = initial
            self.argument = argument
        }

        @inlinable var major: UInt8 { initial & 0xE0 }
        @inlinable var isIndefinite: Bool { initial & 0x1F == 31 }
    }

    @inlinable @inline(__always)
    mutating func readHead() throws(WireError) -> Head {
        let initial = try peekByte()
        let info = initial & 0x1F
        if info < 24 {
            cursor += 1
            return Head(initial: initial, argument: UInt64(info))
        }
        guard info < 28, end - cursor >= 9 else { return try readLongHead(initial) }
        let width = 1 &<< Int(info &- 24)
        let raw = UInt64(bigEndian: (cursor + 1).loadUnaligned(as: UInt64.self))
        cursor += 1 + width
        return Head(initial: initial, argument: raw &>> UInt64(truncatingIfNeeded: 64 - 8 * width))
    }

    /// Heads near the end of the bytes, of indefinite length, or malformed.
    @usableFromInline @inline(never)
    mutating func readLongHead(_ initial: UInt8) throws(WireError) -> Head {
        let info = initial & 0x1F
        if info == 31 {
            let major = initial & 0xE0
            guard major >= WireMajor.bytes, major <= WireMajor.map else {
                throw .malformed("a head that may not be of indefinite length", at: position)
            }
            cursor += 1
            return Head(initial: initial, argument: 0)
        }
        guard info < 28 else { throw .malformed("a reserved head", at: position) }
        let width = 1 << Int(info - 24)
        guard remaining > width else { throw .truncated(at: position) }
        var argument: UInt64 = 0
        for index in 1...width {
            argument = argument << 8 | UInt64((cursor + index).load(as: UInt8.self))
        }
        cursor += 1 + width
        return Head(initial: initial, argument: argument)
    }

    /// Reads the head of an array: how many values follow, or `nil` if they go on until a ``readBreak()``.
    ///
    /// The number is never larger than the number of bytes left.
    @inlinable
    public mutating func readArrayHead() throws(WireError) -> Int? {
        let offset = position
        let head = try readHead()
        guard head.major == WireMajor.array else { throw mismatch("an array", at: offset) }
        return try containerCount(head, bytesEach: 1, at: offset)
    }

    /// Reads the head of a map: how many pairs follow, or `nil` if they go on until a ``readBreak()``.
    ///
    /// The number is never larger than half the number of bytes left.
    @inlinable
    public mutating func readMapHead() throws(WireError) -> Int? {
        let offset = position
        let head = try readHead()
        guard head.major == WireMajor.map else { throw mismatch("a map", at: offset) }
        return try containerCount(head, bytesEach: 2, at: offset)
    }

    /// Reads the head of an array, which may be tagged as a tuple or a set.
    @inlinable
    mutating func readListHead() throws(WireError) -> Int? {
        if try peekByte() & 0xE0 == WireMajor.tag { try skipListTag() }
        return try readArrayHead()
    }

    @usableFromInline @inline(never)
    mutating func skipListTag() throws(WireError) {
        let offset = position
        let tag = try readHead().argument
        guard tag == WireTag.set || tag == WireTag.tuple || tag == WireTag.frozenSet else {
            throw mismatch("an array", at: offset)
        }
    }

    @inlinable @inline(__always)
    func containerCount(_ head: Head, bytesEach: Int, at offset: Int) throws(WireError) -> Int? {
        if head.isIndefinite { return nil }
        guard head.argument <= UInt64(truncatingIfNeeded: limits.length) else {
            throw .tooLong(head.argument, at: offset)
        }
        let count = Int(truncatingIfNeeded: head.argument)
        guard count <= remaining / bytesEach else { throw .truncated(at: offset) }
        return count
    }

    /// Reads the mark that ends a container of indefinite length, if it comes next.
    @inlinable
    public mutating func readBreak() throws(WireError) -> Bool {
        guard try peekByte() == WireByte.stop else { return false }
        cursor += 1
        return true
    }

    /// Whether a container has another element, given what is left of the number that its head announced.
    ///
    /// Counts `left` down; if it is `nil`, reads the mark at the container's end.
    @inlinable @inline(__always)
    public mutating func next(_ left: inout Int?) throws(WireError) -> Bool {
        guard let count = left else { return try !readBreak() }
        left = count - 1
        return count > 0
    }

    /// Reads a tag, which gives a meaning to the value after it.
    @inlinable
    public mutating func readTag() throws(WireError) -> UInt64 {
        let offset = position
        let head = try readHead()
        guard head.major == WireMajor.tag else { throw mismatch("a tag", at: offset) }
        return head.argument
    }

    @usableFromInline @inline(never)
    func mismatch(_ wanted: String, at offset: Int) -> WireError {
        .mismatch(wanted, WireKind(initialByte: (start + offset).load(as: UInt8.self)), at: offset)
    }
}
