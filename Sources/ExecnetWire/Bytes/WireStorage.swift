//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The one allocation behind ``WireBytes``, ``WireWriter`` and ``WireBytesBuilder``: a count, and the bytes after it.
@usableFromInline
final class WireStorage: ManagedBuffer<Int, UInt8> {
    @inlinable
    static func make(capacity: Int) -> WireStorage {
        unsafeDowncast(WireStorage.create(minimumCapacity: capacity) { _ in 0 }, to: WireStorage.self)
    }

    /// How many bytes are in use. By pointer, which spares the run-time check for overlapping access.
    @inlinable
    var count: Int {
        get { withUnsafeMutablePointerToHeader { $0.pointee } }
        set { withUnsafeMutablePointerToHeader { $0.pointee = newValue } }
    }

    @inlinable
    var bytes: UnsafeMutableRawPointer {
        withUnsafeMutablePointerToElements { UnsafeMutableRawPointer($0) }
    }
}
