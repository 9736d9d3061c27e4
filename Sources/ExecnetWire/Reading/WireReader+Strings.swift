//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

extension WireReader {
    /// Reads text.
    ///
    /// - Throws: ``WireError/Code/invalidUTF8`` if it is not UTF-8.
    public mutating func readString() throws(WireError) -> String {
        let offset = position
        let head = try readHead()
        guard head.major == WireMajor.text else { throw mismatch("text", at: offset) }
        if head.isIndefinite { return try readChunkedString(from: offset) }
        return try Self.text(try readBlock(head, at: offset), at: offset)
    }

    /// Reads a byte string. An array of integers from 0 to 255 is taken as one too.
    public mutating func readBytes() throws(WireError) -> [UInt8] {
        try [UInt8](from: &self)
    }

    /// Reads a byte string and calls `body` with it, which is valid until `body` returns: no copy, unless it is chunked.
    public mutating func readBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws(WireError) -> Result
    ) throws(WireError) -> Result {
        let offset = position
        let head = try readHead()
        guard head.major == WireMajor.bytes else { throw mismatch("a byte string", at: offset) }
        if !head.isIndefinite { return try body(try readBlock(head, at: offset)) }
        let bytes = try readChunks(major: WireMajor.bytes)
        return try bytes.withUnsafeBufferPointer { (bytes) throws(WireError) in
            try body(UnsafeRawBufferPointer(bytes))
        }
    }

    /// The content of a string of definite length, whose head has been read.
    @inlinable @inline(__always)
    mutating func readBlock(_ head: Head, at offset: Int) throws(WireError) -> UnsafeRawBufferPointer {
        guard head.argument <= UInt64(truncatingIfNeeded: end - cursor) else { throw lengthError(head, at: offset) }
        let count = Int(truncatingIfNeeded: head.argument)
        guard count <= limits.length else { throw lengthError(head, at: offset) }
        let block = UnsafeRawBufferPointer(start: cursor, count: count)
        cursor += count
        return block
    }

    @usableFromInline @inline(never)
    func lengthError(_ head: Head, at offset: Int) -> WireError {
        head.argument > UInt64(truncatingIfNeeded: limits.length)
            ? .tooLong(head.argument, at: offset) : .truncated(at: offset)
    }

    /// Bytes as text, checked.
    ///
    /// `String(validating:)` takes four times as long as this in Swift 6.3: it is not specialised.
    static func text(_ utf8: UnsafeRawBufferPointer, at offset: Int) throws(WireError) -> String {
        let bytes = utf8.assumingMemoryBound(to: UInt8.self)
        let text = String(decoding: bytes, as: UTF8.self)
        if !UTF8Check.isASCII(utf8), !UTF8Check.isText(text, sameAs: utf8) { throw .notUTF8(at: offset) }
        return text
    }

    /// The pieces of a string of indefinite length, whose head has been read, put together.
    @inline(never)
    mutating func readChunks(major: UInt8) throws(WireError) -> [UInt8] {
        var result: [UInt8] = []
        while try !readBreak() {
            let offset = position
            let head = try readHead()
            guard head.major == major, !head.isIndefinite else {
                throw .malformed("a piece of a string that is no string of the same kind", at: offset)
            }
            let block = try readBlock(head, at: offset)
            if major == WireMajor.text, !UTF8Check.isValid(block) { throw .notUTF8(at: offset) }
            guard result.count + block.count <= limits.length else {
                throw .tooLong(UInt64(result.count + block.count), at: offset)
            }
            result.append(contentsOf: block)
        }
        return result
    }

    @inline(never)
    private mutating func readChunkedString(from offset: Int) throws(WireError) -> String {
        let utf8 = try readChunks(major: WireMajor.text)
        return try utf8.withUnsafeBufferPointer { (utf8) throws(WireError) in
            try Self.text(UnsafeRawBufferPointer(utf8), at: offset)
        }
    }
}

extension WireError {
    @usableFromInline @inline(never)
    static func notUTF8(at offset: Int) -> WireError {
        WireError(.invalidUTF8, "the text at byte \(offset) is not UTF-8; send such data as bytes")
    }
}

/// Whether bytes are UTF-8, quickly so for ASCII.
enum UTF8Check {
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        isASCII(bytes) || String(validating: bytes, as: UTF8.self) != nil
    }

    /// Whether nothing had to be repaired to make `text` of `bytes`.
    @inline(never)
    static func isText(_ text: String, sameAs bytes: UnsafeRawBufferPointer) -> Bool {
        var text = text
        return text.withUTF8 { utf8 in
            guard utf8.count == bytes.count else { return false }
            guard let start = utf8.baseAddress, let other = bytes.baseAddress else { return true }
            return WireKey.equal(UnsafeRawPointer(start), other, count: bytes.count)
        }
    }

    /// Whether no byte has its highest bit set; eight at a time.
    @inline(__always)
    static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var bits: UInt64 = 0
        var index = 0
        while index + 8 <= bytes.count {
            bits |= bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < bytes.count {
            bits |= UInt64(bytes[index])
            index += 1
        }
        return bits & 0x8080_8080_8080_8080 == 0
    }
}
