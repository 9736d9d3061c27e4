//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Encoded bytes that nobody can change any more: what `Wire.encode` returns and a gateway sends.
///
/// One allocation, one word in size; copies share it.
///
/// `@unchecked Sendable`: the storage is written only by the writer or builder that made it, which gives up its only
/// reference by making the `WireBytes`; from then on nothing writes to it.
public struct WireBytes: @unchecked Sendable {
    @usableFromInline let storage: WireStorage

    /// Takes over storage whose count is set.
    @inlinable
    init(storage: WireStorage) {
        self.storage = storage
    }

    /// A copy of `bytes`.
    public init(copying bytes: UnsafeRawBufferPointer) {
        storage = WireStorage.make(capacity: bytes.count)
        if let base = bytes.baseAddress { storage.bytes.copyMemory(from: base, byteCount: bytes.count) }
        storage.count = bytes.count
    }

    /// A copy of `bytes`.
    public init(_ bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { WireBytes(copying: $0) }
    }

    /// How many bytes there are.
    @inlinable
    public var count: Int { storage.count }

    /// Calls `body` with the bytes, which are valid until it returns.
    @inlinable
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(storage) {} }
        return try body(UnsafeRawBufferPointer(start: storage.bytes, count: storage.count))
    }

    /// The bytes as an array, a copy.
    public var array: [UInt8] {
        withUnsafeBytes { [UInt8]($0) }
    }
}

extension WireBytes: Hashable, CustomStringConvertible {
    public static func == (left: WireBytes, right: WireBytes) -> Bool {
        left.withUnsafeBytes { mine in right.withUnsafeBytes { mine.elementsEqual($0) } }
    }

    public func hash(into hasher: inout Hasher) {
        withUnsafeBytes { hasher.combine(bytes: $0) }
    }

    public var description: String { "\(count) bytes" }
}
