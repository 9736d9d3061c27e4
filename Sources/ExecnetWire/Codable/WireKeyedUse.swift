//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What a keyed container that is used again needs for every key: in memory of its own, so that no references are counted.
///
/// The keys of one type are kept as they have been written, to be written again without asking them for their names. That
/// is only for types whose values are one byte, or none, as enumerations of keys are: the byte says which key it is. A
/// key has the same name throughout one encoding.
struct WireKeyedUse {
    private static let capacity = 32

    /// What the container has to present to be allowed to write.
    var serial = -1
    private let names: UnsafeMutablePointer<WireShortText>
    private let count: Int

    init<Key: CodingKey>(_ type: Key.Type) {
        count = _isPOD(Key.self) ? [1, Self.capacity, 0][min(MemoryLayout<Key>.size, 2)] : 0
        names = .allocate(capacity: count)
        names.initialize(repeating: WireShortText(), count: count)
    }

    func deallocate() { names.deallocate() }

    /// The place of a key's name, if it has one.
    @inline(__always)
    func name<Key: CodingKey>(_ key: Key) -> UnsafeMutablePointer<WireShortText>? {
        guard count > 1 else { return count == 1 ? names : nil }
        let number = Int(unsafeBitCast(key, to: UInt8.self))
        return number < count ? names + number : nil
    }
}

/// A key as it is written, in words, so that it is written and compared without a loop.
struct WireShortText {
    fileprivate static let capacity = 24

    fileprivate var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
    /// Which bits of the words are part of the key.
    fileprivate var masks: (UInt64, UInt64, UInt64) = (0, 0, 0)
    /// How many bytes there are; 0 if the key has not been written yet, and -1 if it does not fit.
    private(set) var length = 0

    init() {}

    init(_ bytes: UnsafeRawBufferPointer) {
        length = bytes.count <= Self.capacity ? bytes.count : -1
        guard length > 0 else { return }
        withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: bytes) }
        withUnsafeMutableBytes(of: &masks) { masks in for index in 0..<bytes.count { masks[index] = 0xFF } }
    }
}

extension WireWriter {
    @inline(__always)
    mutating func writeShort(_ text: UnsafePointer<WireShortText>) {
        reserve(WireShortText.capacity)
        cursor.storeBytes(of: text.pointee.words.0, as: UInt64.self)
        cursor.storeBytes(of: text.pointee.words.1, toByteOffset: 8, as: UInt64.self)
        cursor.storeBytes(of: text.pointee.words.2, toByteOffset: 16, as: UInt64.self)
        cursor += text.pointee.length
    }
}

extension WireReader {
    /// Whether a key is what comes at a position; also false if that is too near the end to tell quickly.
    @inline(__always)
    func begins(at position: Int, with text: UnsafePointer<WireShortText>) -> Bool {
        guard end - start - position >= WireShortText.capacity else { return false }
        let place = start + position
        let words = text.pointee.words
        let masks = text.pointee.masks
        let first = (place.loadUnaligned(as: UInt64.self) ^ words.0) & masks.0
        let second = (place.loadUnaligned(fromByteOffset: 8, as: UInt64.self) ^ words.1) & masks.1
        let third = (place.loadUnaligned(fromByteOffset: 16, as: UInt64.self) ^ words.2) & masks.2
        return first | second | third == 0
    }

    /// What is between two positions.
    func short(from first: Int, to last: Int) -> WireShortText {
        WireShortText(UnsafeRawBufferPointer(start: start + first, count: last - first))
    }
}
