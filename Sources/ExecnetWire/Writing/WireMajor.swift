//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The first three bits of every item: its major type in RFC 8949, already shifted into place.
@usableFromInline
enum WireMajor {
    @inlinable static var unsigned: UInt8 { 0x00 }
    @inlinable static var negative: UInt8 { 0x20 }
    @inlinable static var bytes: UInt8 { 0x40 }
    @inlinable static var text: UInt8 { 0x60 }
    @inlinable static var array: UInt8 { 0x80 }
    @inlinable static var map: UInt8 { 0xA0 }
    @inlinable static var tag: UInt8 { 0xC0 }
    @inlinable static var simple: UInt8 { 0xE0 }
}

/// First bytes that mean something as a whole.
@usableFromInline
enum WireByte {
    @inlinable static var `false`: UInt8 { 0xF4 }
    @inlinable static var `true`: UInt8 { 0xF5 }
    @inlinable static var null: UInt8 { 0xF6 }
    @inlinable static var undefined: UInt8 { 0xF7 }
    @inlinable static var half: UInt8 { 0xF9 }
    @inlinable static var single: UInt8 { 0xFA }
    @inlinable static var double: UInt8 { 0xFB }
    @inlinable static var stop: UInt8 { 0xFF }
}

/// The tags that this format gives a meaning to.
@usableFromInline
enum WireTag {
    @inlinable static var positiveBig: UInt64 { 2 }
    @inlinable static var negativeBig: UInt64 { 3 }
    @inlinable static var numericArrays: ClosedRange<UInt64> { 64...87 }
    @inlinable static var set: UInt64 { 258 }
    @inlinable static var channel: UInt64 { 25955 }
    @inlinable static var tuple: UInt64 { 25957 }
    @inlinable static var frozenSet: UInt64 { 25958 }
    @inlinable static var complex: UInt64 { 43000 }
}
