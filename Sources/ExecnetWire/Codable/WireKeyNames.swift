//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The keys of one type as they have been written, to be written again without asking them for their names.
///
/// Only for types whose values are one byte, or none, as enumerations of keys are: the byte says which key it is. A key
/// has the same name throughout one encoding.
struct WireKeyNames {
    private static let capacity = 32

    private let names: UnsafeMutablePointer<WireShortText>
    private let isSingle: Bool

    init?<Key: CodingKey>(_ type: Key.Type) {
        guard MemoryLayout<Key>.size <= 1, _isPOD(Key.self) else { return nil }
        isSingle = MemoryLayout<Key>.size == 0
        names = .allocate(capacity: Self.capacity)
        names.initialize(repeating: WireShortText(), count: Self.capacity)
    }

    func deallocate() { names.deallocate() }

    /// The place of a key's name, if it has one.
    @inline(__always)
    func name<Key: CodingKey>(_ key: Key) -> UnsafeMutablePointer<WireShortText>? {
        if isSingle { return names }
        let number = Int(unsafeBitCast(key, to: UInt8.self))
        return number < Self.capacity ? names + number : nil
    }
}

/// A key as it is written, in words.
struct WireShortText {
    fileprivate static let capacity = 24

    fileprivate var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
    /// How many bytes there are; 0 if the key has not been written yet, and -1 if it does not fit.
    private(set) var length = 0

    init() {}

    init(_ bytes: UnsafeRawBufferPointer) {
        length = bytes.count <= Self.capacity ? bytes.count : -1
        if length > 0 { withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: bytes) } }
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
