//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

extension WireWriter {
    /// Writes text.
    public mutating func writeString(_ value: String) {
        let utf8 = value.utf8
        let done: Void? = utf8.withContiguousStorageIfAvailable { writeText(UnsafeRawBufferPointer($0)) }
        if done == nil { writeText(copying: value) }
    }

    /// Writes a substring as text.
    public mutating func writeString(_ value: Substring) {
        let done: Void? = value.utf8.withContiguousStorageIfAvailable { writeText(UnsafeRawBufferPointer($0)) }
        if done == nil { writeText(copying: String(value)) }
    }

    /// Writes a byte string.
    @inlinable
    public mutating func writeBytes(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { writeBytes($0) }
    }

    /// Writes a byte string.
    @inlinable
    public mutating func writeBytes(_ bytes: UnsafeRawBufferPointer) {
        writeBlock(bytes, major: WireMajor.bytes)
    }

    /// Writes a constant as text: the way to write the keys of a map.
    @inlinable @inline(__always)
    public mutating func writeKey(_ key: StaticString) {
        if key.hasPointerRepresentation {
            writeText(UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
        } else {
            writeString(String(key.unicodeScalar))
        }
    }

    /// Writes a constant key and a value.
    @inlinable @inline(__always)
    public mutating func writeEntry(_ key: StaticString, _ value: some WireEncodable) throws(WireError) {
        writeKey(key)
        try value.encode(into: &self)
    }

    /// Writes bytes that are an encoded value already, as they are.
    ///
    /// The caller vouches that they are exactly one well-formed value.
    public mutating func writeEncoded(_ bytes: UnsafeRawBufferPointer) {
        reserve(bytes.count)
        append(bytes)
    }

    /// Writes UTF-8 as text.
    @inlinable @inline(__always)
    mutating func writeText(_ utf8: UnsafeRawBufferPointer) {
        writeBlock(utf8, major: WireMajor.text)
    }

    /// Text whose storage is not UTF-8, such as strings bridged from another language.
    @inline(never)
    private mutating func writeText(copying value: String) {
        var native = value
        native.withUTF8 { writeText(UnsafeRawBufferPointer($0)) }
    }

    @inlinable @inline(__always)
    mutating func writeBlock(_ bytes: UnsafeRawBufferPointer, major: UInt8) {
        reserve(Self.headSize + bytes.count)
        cursor = Self.store(major: major, argument: UInt64(truncatingIfNeeded: bytes.count), at: cursor)
        append(bytes)
    }

    @inlinable @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if let start = bytes.baseAddress { Self.copy(start, to: cursor, count: bytes.count) }
        cursor += bytes.count
    }

    /// Copies bytes; few of them without a call, as two words that may overlap.
    @inlinable @inline(__always)
    static func copy(_ source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, count: Int) {
        if count > 16 { return target.copyMemory(from: source, byteCount: count) }
        if count >= 8 {
            let first = source.loadUnaligned(as: UInt64.self)
            let last = source.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
            target.storeBytes(of: first, as: UInt64.self)
            target.storeBytes(of: last, toByteOffset: count - 8, as: UInt64.self)
        } else if count >= 4 {
            let first = source.loadUnaligned(as: UInt32.self)
            let last = source.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
            target.storeBytes(of: first, as: UInt32.self)
            target.storeBytes(of: last, toByteOffset: count - 4, as: UInt32.self)
        } else {
            for index in 0..<count {
                target.storeBytes(
                    of: source.load(fromByteOffset: index, as: UInt8.self),
                    toByteOffset: index,
                    as: UInt8.self
                )
            }
        }
    }
}
