//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

extension Optional: WireEncodable where Wrapped: WireEncodable {
    @inlinable
    public func encode(into writer: inout WireWriter) throws(WireError) {
        if let self { try self.encode(into: &writer) } else { writer.writeNull() }
    }
}

extension Optional: WireDecodable where Wrapped: WireDecodable {
    @inlinable
    public init(from reader: inout WireReader) throws(WireError) {
        self = try reader.readNull() ? nil : try Wrapped(from: &reader)
    }
}

extension Array: WireEncodable where Element: WireEncodable {
    @inlinable
    public func encode(into writer: inout WireWriter) throws(WireError) {
        try withUnsafeBufferPointer { (elements) throws(WireError) in
            try Element.encodeElements(elements, into: &writer)
        }
    }
}

extension Array: WireDecodable where Element: WireDecodable {
    @inlinable
    public init(from reader: inout WireReader) throws(WireError) {
        self = try Element.decodeElements(from: &reader)
    }
}

extension ContiguousArray: WireEncodable where Element: WireEncodable {
    @inlinable
    public func encode(into writer: inout WireWriter) throws(WireError) {
        try withUnsafeBufferPointer { (elements) throws(WireError) in
            try Element.encodeElements(elements, into: &writer)
        }
    }
}

extension ContiguousArray: WireDecodable where Element: WireDecodable {
    @inlinable
    public init(from reader: inout WireReader) throws(WireError) {
        self = ContiguousArray(try Element.decodeElements(from: &reader))
    }
}

extension Set: WireEncodable where Element: WireEncodable {
    @inlinable
    public func encode(into writer: inout WireWriter) throws(WireError) {
        writer.writeTag(WireTag.set)
        try writer.enter()
        writer.beginArray(count)
        for element in self { try element.encode(into: &writer) }
        writer.leave()
    }
}

extension Set: WireDecodable where Element: WireDecodable {
    /// Reads a set, frozen or not, or any array.
    @inlinable
    public init(from reader: inout WireReader) throws(WireError) {
        self = Set(try Element.decodeElements(from: &reader))
    }
}
