//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A password, a passphrase or a private key. Its memory is wiped when nobody holds it any more, and descriptions never show it.
public final class SecretBytes: Sendable, CustomStringConvertible, CustomReflectable {
    // Only the initializer writes to it, and a 0 follows the bytes, for C.
    private nonisolated(unsafe) let start: UnsafeMutableRawPointer
    let count: Int

    /// A copy of bytes; whoever has the original is to wipe it.
    public init(_ bytes: some Collection<UInt8>) {
        count = bytes.count
        start = .allocate(byteCount: count + 1, alignment: 1)
        UnsafeMutableRawBufferPointer(start: start, count: count).copyBytes(from: bytes)
        start.storeBytes(of: 0, toByteOffset: count, as: UInt8.self)
    }

    /// A copy of a text in UTF-8. Where the text is a literal, or is held elsewhere, that stays in memory.
    public convenience init(_ text: String) { self.init(text.utf8) }

    deinit {
        SecretBytes.wipe(UnsafeMutableRawBufferPointer(start: start, count: count))
        start.deallocate()
    }

    /// Overwrites memory, even if nobody looks at it any more.
    static func wipe(_ bytes: UnsafeMutableRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        #if canImport(Darwin)
            memset_s(start, bytes.count, 0, bytes.count)
        #else
            explicit_bzero(start, bytes.count)
        #endif
    }

    /// Not the secret.
    public var description: String { "(secret)" }
    /// Nothing: not even its length is told.
    public var customMirror: Mirror { Mirror(self, children: []) }

    func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try body(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// The bytes with a 0 behind them.
    func withCString<R>(_ body: (UnsafePointer<CChar>) -> R) -> R {
        body(UnsafePointer(start.assumingMemoryBound(to: CChar.self)))
    }
}
