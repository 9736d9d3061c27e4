//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

extension WireReader {
    /// Reads a value of a type that reads itself.
    @inlinable @inline(__always)
    public mutating func read<Element: WireDecodable>(_ type: Element.Type = Element.self) throws(WireError) -> Element
    {
        try Element(from: &self)
    }

    /// Reads an array, also one tagged as a tuple or set, calling `body` for each element, which it must read.
    @inlinable
    public mutating func readArray(
        _ body: (inout WireReader, _ index: Int) throws(WireError) -> Void
    ) throws(WireError) {
        try enter()
        var left = try readListHead()
        var index = 0
        while try next(&left) {
            try body(&self, index)
            index += 1
        }
        leave()
    }

    /// Reads a map, calling `body` with each key; it must read, or ``skip()``, the value.
    ///
    /// Keys that are neither text nor 64-bit integers are skipped with their values.
    @inlinable @inline(__always)
    public mutating func readMap(_ body: (inout WireReader, WireKey) throws(WireError) -> Void) throws(WireError) {
        try enter()
        var left = try readMapHead()
        while try next(&left) {
            let offset = position
            let head = try readHead()
            if head.major == WireMajor.text, !head.isIndefinite {
                let utf8 = try readBlock(head, at: offset)
                try body(&self, try WireKey(utf8, at: offset))
            } else {
                try readUnusualKey(from: offset, body)
            }
        }
        leave()
    }

    @usableFromInline @inline(never)
    mutating func readUnusualKey(
        from offset: Int,
        _ body: (inout WireReader, WireKey) throws(WireError) -> Void
    ) throws(WireError) {
        cursor = start + offset
        switch try peekKind() {
        case .string:
            let utf8 = Array(try readString().utf8)
            try utf8.withUnsafeBufferPointer { (utf8) throws(WireError) in
                try body(&self, try WireKey(UnsafeRawBufferPointer(utf8), at: offset))
            }
        case .unsignedInteger, .negativeInteger:
            guard let number = try? readInt() else {
                cursor = start + offset
                try skip()
                return try skip()
            }
            try body(&self, WireKey(start: nil, number: number))
        default:
            try skip()
            try skip()
        }
    }

    /// The value, if the key `key` was there.
    ///
    /// - Throws: ``WireError/Code/missingKey`` if `value` is `nil`.
    @inlinable @inline(__always)
    public func require<Wrapped>(_ value: Wrapped?, _ key: StaticString) throws(WireError) -> Wrapped {
        guard let value else { throw .missing(key, before: position) }
        return value
    }

    /// Moves past one value of any kind, having checked that it is well formed.
    public mutating func skip() throws(WireError) {
        let offset = position
        let head = try readHead()
        switch head.major {
        case WireMajor.unsigned, WireMajor.negative:
            return
        case WireMajor.bytes, WireMajor.text:
            try skipString(head, at: offset)
        case WireMajor.array, WireMajor.map:
            try enter()
            var left = try containerCount(head, bytesEach: head.major == WireMajor.map ? 2 : 1, at: offset)
            while try next(&left) {
                try skip()
                if head.major == WireMajor.map { try skip() }
            }
            leave()
        case WireMajor.tag:
            try enter()
            try skip()
            leave()
        default:
            guard head.initial != 0xF8 || head.argument >= 32 else {
                throw .malformed("a simple value in too long a form", at: offset)
            }
        }
    }

    private mutating func skipString(_ head: Head, at offset: Int) throws(WireError) {
        if head.isIndefinite {
            _ = try readChunks(major: head.major)
        } else {
            let block = try readBlock(head, at: offset)
            if head.major == WireMajor.text, !UTF8Check.isValid(block) { throw .notUTF8(at: offset) }
        }
    }
}

extension WireKey {
    @inlinable @inline(__always)
    init(_ utf8: UnsafeRawBufferPointer, at offset: Int) throws(WireError) {
        var bits: UInt8 = 0
        for byte in utf8 { bits |= byte }
        if bits >= 0x80 { try WireKey.check(utf8, at: offset) }
        self.init(start: utf8.baseAddress, number: utf8.count)
    }

    @usableFromInline @inline(never)
    static func check(_ utf8: UnsafeRawBufferPointer, at offset: Int) throws(WireError) {
        guard UTF8Check.isValid(utf8) else { throw .notUTF8(at: offset) }
    }
}

extension WireError {
    @usableFromInline @inline(never)
    static func missing(_ key: StaticString, before offset: Int) -> WireError {
        WireError(.missingKey, "the map that ends at byte \(offset) has no key \"\(key)\"")
    }
}
