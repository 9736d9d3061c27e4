//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A key of a map that is being read: a view of the bytes, valid only inside the closure that was given it.
///
/// A `switch` compares it with string literals without making a `String`:
/// `switch key { case "id": ... default: try reader.skip() }`.
public struct WireKey {
    /// Where the text is; `nil` for an integer.
    @usableFromInline let start: UnsafeRawPointer?
    /// The text's length, or the integer.
    @usableFromInline let number: Int

    @inlinable
    init(start: UnsafeRawPointer?, number: Int) {
        self.start = start
        self.number = number
    }

    /// The key as a string, if it is text.
    public var string: String? {
        guard let start else { return nil }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: number), as: UTF8.self)
    }

    /// The key as a number, if it is one.
    public var int: Int? { start == nil ? number : nil }

    /// Whether the key is this text.
    @inlinable @inline(__always)
    public static func ~= (pattern: StaticString, key: WireKey) -> Bool {
        guard let start = key.start, pattern.hasPointerRepresentation, key.number == pattern.utf8CodeUnitCount else {
            return false
        }
        return equal(start, UnsafeRawPointer(pattern.utf8Start), count: key.number)
    }

    /// Whether `count` bytes at both places are the same.
    @inlinable @inline(__always)
    static func equal(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, count: Int) -> Bool {
        var index = 0
        while index + 8 <= count {
            let mine = left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let other = right.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            if mine != other { return false }
            index += 8
        }
        while index < count {
            let mine = left.load(fromByteOffset: index, as: UInt8.self)
            if mine != right.load(fromByteOffset: index, as: UInt8.self) { return false }
            index += 1
        }
        return true
    }
}
