//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Turns values into bytes and bytes into values.
///
/// A type that conforms to ``WireCodable`` takes the direct path; any other `Codable` type takes the general one, which
/// gives the same bytes. A `context` is handed to the types on the way: ``WireEncodable`` ones find it in the writer,
/// `Codable` ones in `userInfo[.wireContext]`.
public enum Wire {
    /// Encodes a value of a type that writes itself.
    @inlinable
    public static func encode<Item: WireEncodable>(
        _ value: Item,
        context: AnyObject? = nil
    ) throws(WireError) -> WireBytes {
        var writer = WireWriter(context: context)
        try value.encode(into: &writer)
        return writer.finish()
    }

    /// Encodes a value of any `Encodable` type.
    @_disfavoredOverload
    public static func encode<Item: Encodable>(
        _ value: Item,
        context: AnyObject? = nil
    ) throws(WireError) -> WireBytes {
        var writer = WireWriter(context: context)
        try write(value, into: &writer)
        return writer.finish()
    }

    /// Writes a value of a type that writes itself; the same as `value.encode(into:)`.
    @inlinable
    public static func write<Item: WireEncodable>(_ value: Item, into writer: inout WireWriter) throws(WireError) {
        try value.encode(into: &writer)
    }

    /// Writes a value of any `Encodable` type.
    ///
    /// - Throws: ``WireError``; what has been written by then is not a whole value.
    @_disfavoredOverload
    public static func write<Item: Encodable>(_ value: Item, into writer: inout WireWriter) throws(WireError) {
        let traits = WireTypeTraits.of(Item.self)
        if let direct = traits.pointee.writer { return try writer.writeDirect(value, traits, direct) }
        let state = WireEncodingState(writer: WireWriter(placeholder: ()))
        swap(&state.writer, &writer)
        defer {
            swap(&state.writer, &writer)
            state.finish()
        }
        do {
            try state.encode(value, .none)
        } catch {
            throw .bridged(error)
        }
    }

    /// Decodes a value of a type that reads itself.
    ///
    /// - Throws: ``WireError``, also if bytes are left over.
    @inlinable
    public static func decode<Item: WireDecodable>(
        _ type: Item.Type = Item.self,
        from bytes: UnsafeRawBufferPointer,
        limits: WireLimits = .default,
        context: AnyObject? = nil
    ) throws(WireError) -> Item {
        var reader = WireReader(bytes, limits: limits, context: context)
        try reader.checkSize()
        let value = try Item(from: &reader)
        try reader.checkEnd()
        return value
    }

    /// Decodes a value of any `Decodable` type.
    ///
    /// - Throws: ``WireError``, also if bytes are left over.
    @_disfavoredOverload
    public static func decode<Item: Decodable>(
        _ type: Item.Type = Item.self,
        from bytes: UnsafeRawBufferPointer,
        limits: WireLimits = .default,
        context: AnyObject? = nil
    ) throws(WireError) -> Item {
        var reader = WireReader(bytes, limits: limits, context: context)
        try reader.checkSize()
        let value = try read(type, from: &reader)
        try reader.checkEnd()
        return value
    }

    /// Decodes a value of a type that reads itself.
    ///
    /// - Throws: ``WireError``, also if bytes are left over.
    @inlinable
    public static func decode<Item: WireDecodable>(
        _ type: Item.Type = Item.self,
        from bytes: WireBytes,
        limits: WireLimits = .default,
        context: AnyObject? = nil
    ) throws(WireError) -> Item {
        try bytes.withUnsafeBytes { (bytes) throws(WireError) in
            try decode(type, from: bytes, limits: limits, context: context)
        }
    }

    /// Decodes a value of any `Decodable` type.
    ///
    /// - Throws: ``WireError``, also if bytes are left over.
    @_disfavoredOverload
    public static func decode<Item: Decodable>(
        _ type: Item.Type = Item.self,
        from bytes: WireBytes,
        limits: WireLimits = .default,
        context: AnyObject? = nil
    ) throws(WireError) -> Item {
        try bytes.withUnsafeBytes { (bytes) throws(WireError) in
            try decode(type, from: bytes, limits: limits, context: context)
        }
    }

    /// Reads a value of a type that reads itself; the same as `Item(from: &reader)`.
    @inlinable
    public static func read<Item: WireDecodable>(
        _ type: Item.Type = Item.self,
        from reader: inout WireReader
    ) throws(WireError) -> Item {
        try Item(from: &reader)
    }

    /// Reads a value of any `Decodable` type.
    @_disfavoredOverload
    public static func read<Item: Decodable>(
        _ type: Item.Type = Item.self,
        from reader: inout WireReader
    ) throws(WireError) -> Item {
        let traits = WireTypeTraits.of(Item.self)
        if let direct = traits.pointee.reader { return try reader.readDirect(Item.self, traits, direct) }
        let position = reader.position
        let depth = reader.remainingDepth
        let state = WireDecodingState(depth: depth)
        swap(&state.reader, &reader)
        defer {
            swap(&state.reader, &reader)
            reader.remainingDepth = depth
            state.finish()
        }
        do {
            let value = try state.decode(type, at: position, in: nil)
            state.reader.seek(to: try state.end(of: position, depth: depth))
            return value
        } catch {
            throw .bridged(error)
        }
    }
}

extension WireReader {
    @inlinable
    func checkSize() throws(WireError) {
        if remaining > limits.size { throw .tooLarge(remaining, limit: limits.size) }
    }

    @inlinable
    func checkEnd() throws(WireError) {
        if !isAtEnd { throw .trailing(remaining) }
    }
}

extension WireError {
    @usableFromInline @inline(never)
    static func tooLarge(_ size: Int, limit: Int) -> WireError {
        WireError(.sizeExceeded, "an item of \(size) bytes, where the limit is \(limit)")
    }

    @usableFromInline @inline(never)
    static func trailing(_ count: Int) -> WireError {
        WireError(.trailingBytes, "\(count) bytes follow the value")
    }
}
