//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The 16 bytes before every frame's payload.
public struct FrameHeader: Sendable, Hashable {
    /// Bytes of a header.
    @inlinable public static var size: Int { 16 }
    /// The most bytes of a payload.
    @inlinable public static var maximumPayload: Int { 65_536 }

    /// Bytes of the payload.
    public var length: UInt32
    /// What the frame is for.
    public var type: FrameType
    /// The marks that it carries.
    public var flags: FrameFlags
    /// The number of the channel that it belongs to; 0 is the link itself.
    public var channel: UInt64

    /// Makes a header.
    @inlinable
    public init(length: UInt32, type: FrameType, flags: FrameFlags = [], channel: UInt64 = 0) {
        self.length = length
        self.type = type
        self.flags = flags
        self.channel = channel
    }

    /// Reads a header from the first 16 of `bytes`, of which there must be as many.
    ///
    /// That the type fits the channel's number and the payload is for the receiver's state machine to check.
    ///
    /// - Throws: ``WireError/Code/unknownFrameType``, ``WireError/Code/frameTooLarge``, or ``WireError/Code/malformed`` for
    ///   flags and reserved bytes that are not 0.
    @inlinable
    public init(parsing bytes: UnsafeRawBufferPointer) throws(WireError) {
        guard bytes.count >= Self.size else { throw .truncated(at: 0) }
        length = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
        flags = FrameFlags(rawValue: bytes[5])
        channel = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        let reserved = bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self)
        guard let type = FrameType(rawValue: bytes[4]) else { throw .unknownFrameType(bytes[4]) }
        self.type = type
        guard length <= UInt32(Self.maximumPayload) else { throw .frameTooLarge(length) }
        guard flags.rawValue < 4, reserved == 0 else { throw .reservedBits() }
    }

    /// Stores the header in the 16 bytes at `target`.
    @inlinable
    public func write(to target: UnsafeMutableRawPointer) {
        target.storeBytes(of: length.bigEndian, as: UInt32.self)
        target.storeBytes(of: type.rawValue, toByteOffset: 4, as: UInt8.self)
        target.storeBytes(of: flags.rawValue, toByteOffset: 5, as: UInt8.self)
        target.storeBytes(of: 0, toByteOffset: 6, as: UInt16.self)
        target.storeBytes(of: channel.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
}

extension WireError {
    @usableFromInline @inline(never)
    static func unknownFrameType(_ number: UInt8) -> WireError {
        WireError(.unknownFrameType, "a frame of type \(number), which this version of the protocol does not have")
    }

    @usableFromInline @inline(never)
    static func frameTooLarge(_ length: UInt32) -> WireError {
        WireError(
            .frameTooLarge,
            "a frame with a payload of \(length) bytes; \(FrameHeader.maximumPayload) are allowed"
        )
    }

    @usableFromInline @inline(never)
    static func reservedBits() -> WireError {
        WireError(.malformed, "a frame with flags or reserved bytes that are not 0")
    }
}
