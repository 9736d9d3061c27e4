//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A type that writes itself onto the wire without the detour over `Encoder`.
///
/// Standard types conform. A type of your own gains speed by conforming; any `Encodable` type can be sent as it is.
///
/// ```swift
/// extension Point: WireEncodable {
///     func encode(into writer: inout WireWriter) throws(WireError) {
///         writer.beginMap(2)
///         try writer.writeEntry("x", x)
///         try writer.writeEntry("y", y)
///     }
/// }
/// ```
public protocol WireEncodable: Encodable {
    /// Writes exactly one value.
    ///
    /// - Throws: ``WireError`` if the value has no form on the wire; what was written by then is thrown away.
    func encode(into writer: inout WireWriter) throws(WireError)

    /// Writes an array of such values as one value. Types that have a denser form or a faster loop implement it.
    static func encodeElements(_ elements: UnsafeBufferPointer<Self>, into writer: inout WireWriter) throws(WireError)

    /// Writes a map from text to such values. Types that have a faster loop implement it.
    static func encodeEntries(_ entries: [String: Self], into writer: inout WireWriter) throws(WireError)
}

extension WireEncodable {
    @inlinable
    public static func encodeElements(
        _ elements: UnsafeBufferPointer<Self>,
        into writer: inout WireWriter
    ) throws(WireError) {
        try writer.enter()
        writer.beginArray(elements.count)
        let start = writer.count
        for index in elements.indices {
            try elements[index].encode(into: &writer)
            if index == 31 { writer.expect(elements.count, done: 32, since: start) }
        }
        writer.leave()
    }

    @inlinable
    public static func encodeEntries(_ entries: [String: Self], into writer: inout WireWriter) throws(WireError) {
        try writer.enter()
        writer.beginMap(entries.count)
        let start = writer.count
        var done = 0
        for (key, value) in entries {
            writer.writeString(key)
            try value.encode(into: &writer)
            done += 1
            if done == 32 { writer.expect(entries.count, done: done, since: start) }
        }
        writer.leave()
    }
}

extension WireEncodable where Self: RawRepresentable, RawValue: WireEncodable {
    /// Writes the raw value.
    @inlinable
    public func encode(into writer: inout WireWriter) throws(WireError) {
        try rawValue.encode(into: &writer)
    }
}
