//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What a reader accepts, so that a peer cannot make it use more memory or stack than intended.
///
/// A reader never reserves more memory than the bytes it was given justify, whatever lengths they announce; the limits
/// are about what well-formed input may do.
public struct WireLimits: Sendable, Hashable {
    /// How deep arrays, maps and tags may be nested.
    public var depth: Int = 128
    /// The most bytes of one string, and the most elements that the head of one container may announce. Containers that
    /// announce nothing are bounded by ``size``.
    public var length: Int = 256 << 20
    /// The most bytes of one whole item.
    public var size: Int = 256 << 20

    /// The limits used when none are named.
    @inlinable
    public static var `default`: WireLimits { WireLimits() }

    /// Makes limits; those not named have their default.
    @inlinable
    public init(depth: Int = 128, length: Int = 256 << 20, size: Int = 256 << 20) {
        self.depth = depth
        self.length = length
        self.size = size
    }
}
