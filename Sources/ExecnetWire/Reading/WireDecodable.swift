//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A type that reads itself from the wire without the detour over `Decoder`.
///
/// Standard types conform. A type of your own gains speed by conforming; any `Decodable` type can be received as it is.
///
/// ```swift
/// extension Point: WireDecodable {
///     init(from reader: inout WireReader) throws(WireError) {
///         var x: Double?
///         var y: Double?
///         try reader.readMap { (reader, key) throws(WireError) in
///             switch key {
///             case "x": x = try reader.readDouble()
///             case "y": y = try reader.readDouble()
///             default: try reader.skip()
///             }
///         }
///         self.x = try reader.require(x, "x")
///         self.y = try reader.require(y, "y")
///     }
/// }
/// ```
public protocol WireDecodable: Decodable {
    /// Reads exactly one value.
    ///
    /// - Throws: ``WireError`` if the bytes are not a value of this type.
    init(from reader: inout WireReader) throws(WireError)

    /// Reads one value that is an array of such values. Types that have a denser form or a faster loop implement it.
    static func decodeElements(from reader: inout WireReader) throws(WireError) -> [Self]

    /// Reads one value that is a map from text to such values; of equal keys the last one wins.
    static func decodeEntries(from reader: inout WireReader) throws(WireError) -> [String: Self]
}

/// A type that both writes itself onto the wire and reads itself from it directly.
public typealias WireCodable = WireDecodable & WireEncodable

extension WireDecodable {
    @inlinable
    public static func decodeElements(from reader: inout WireReader) throws(WireError) -> [Self] {
        try reader.enter()
        var remaining = try reader.readListHead()
        var elements: [Self] = []
        if let count = remaining {
            elements.reserveCapacity(reader.reservation(count, stride: MemoryLayout<Self>.stride))
        }
        while try reader.next(&remaining) { elements.append(try Self(from: &reader)) }
        reader.leave()
        return elements
    }

    @inlinable
    public static func decodeEntries(from reader: inout WireReader) throws(WireError) -> [String: Self] {
        try reader.enter()
        var remaining = try reader.readMapHead()
        var entries: [String: Self] = [:]
        let stride = MemoryLayout<String>.stride + MemoryLayout<Self>.stride
        if let count = remaining { entries.reserveCapacity(reader.reservation(count, stride: stride * 2)) }
        while try reader.next(&remaining) {
            let key = try reader.readString()
            entries[key] = try Self(from: &reader)
        }
        reader.leave()
        return entries
    }
}

extension WireDecodable where Self: RawRepresentable, RawValue: WireDecodable {
    /// Reads the raw value.
    @inlinable
    public init(from reader: inout WireReader) throws(WireError) {
        let offset = reader.position
        let raw = try RawValue(from: &reader)
        guard let value = Self(rawValue: raw) else { throw .outOfRange(Self.self, at: offset) }
        self = value
    }
}
