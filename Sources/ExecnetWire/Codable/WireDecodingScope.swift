//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// One map or array of a Codable decoding: where it is and how far it has been read.
///
/// Elements are read in order if they are asked for in order, which costs one comparison of keys each. Where an element
/// ends is found out only when the next one is asked for, and mostly known by then from having read it.
final class WireDecodingScope {
    let state: WireDecodingState
    @exclusivity(unchecked) var parent: WireDecodingScope?
    @exclusivity(unchecked) private(set) var position: Int
    /// How deep the elements may be nested.
    @exclusivity(unchecked) private(set) var remainingDepth: Int
    /// How many elements or pairs there are; `nil` if a mark ends them.
    @exclusivity(unchecked) private(set) var announcedCount: Int?
    @exclusivity(unchecked) private(set) var isMap = false
    /// The bytes, if this is a byte string that is read as an array.
    @exclusivity(unchecked) private(set) var bytes: [UInt8]?
    @exclusivity(unchecked) private(set) var first = 0

    /// The slot of a container that is used again, and what there is in it.
    let slot: WireKeyedSlot?
    let use: UnsafeMutablePointer<WireKeyedUse>?

    /// How many elements have been begun.
    @exclusivity(unchecked) var index = 0
    /// Where the next element begins, its key if this is a map; not valid while `pending` is set.
    @exclusivity(unchecked) var cursor = 0
    /// The value that was begun last and its key, if its end has not been found yet; and the index after it.
    @exclusivity(unchecked) var pending = -1
    @exclusivity(unchecked) var pendingKey = -1
    @exclusivity(unchecked) var pendingNext = 0
    /// Where the values are, once keys of a large map have been asked for out of order.
    @exclusivity(unchecked) var table: [String: Int]?

    /// Nothing yet, until it is opened.
    init(_ decoder: WireBridgeDecoder, _ slot: WireKeyedSlot? = nil) {
        state = decoder.state
        parent = decoder.scope
        position = decoder.position
        remainingDepth = decoder.depth - 1
        self.slot = slot
        use = slot?.use
    }

    /// Begins with the map at a position.
    func openMap(_ decoder: WireBridgeDecoder) throws {
        do throws(WireError) {
            guard decoder.depth > 0 else { throw .tooDeep() }
            state.reader.seek(to: decoder.position)
            let count = try state.reader.readMapHead()
            if count == 0 { state.complete(decoder.position, end: state.reader.position) }
            isMap = true
            open(decoder, count)
        } catch {
            throw decoder.error(error, [String: Any].self)
        }
    }

    private func open(_ decoder: WireBridgeDecoder, _ count: Int?) {
        parent = decoder.scope
        position = decoder.position
        remainingDepth = decoder.depth - 1
        announcedCount = count
        first = state.reader.position
        cursor = first
        index = 0
        pending = -1
        pendingKey = -1
        pendingNext = 0
        if table != nil { table = nil }
    }

    /// The map at a position.
    static func map(_ decoder: WireBridgeDecoder) throws -> WireDecodingScope {
        let scope = WireDecodingScope(decoder)
        try scope.openMap(decoder)
        return scope
    }

    /// The array at a position, or a byte string as an array of bytes.
    static func array(_ decoder: WireBridgeDecoder) throws -> WireDecodingScope {
        let scope = WireDecodingScope(decoder)
        try scope.openArray(decoder)
        return scope
    }

    private func openArray(_ decoder: WireBridgeDecoder) throws {
        do throws(WireError) {
            guard decoder.depth > 0 else { throw .tooDeep() }
            state.reader.seek(to: decoder.position)
            if try state.reader.peekKind() == .bytes {
                let bytes = try state.reader.readBytes()
                state.complete(decoder.position, end: state.reader.position)
                self.bytes = bytes
                return open(decoder, bytes.count)
            }
            let count = try state.reader.readListHead()
            if count == 0 { state.complete(decoder.position, end: state.reader.position) }
            open(decoder, count)
        } catch {
            throw decoder.error(error, [Any].self)
        }
    }

    func decoder(at position: Int) -> WireBridgeDecoder {
        WireBridgeDecoder(state: state, scope: self, position: position)
    }

    /// Runs `body` and gives its errors the path of this container.
    @inline(__always)
    func rethrow<Result>(_ body: () throws(WireError) -> Result) throws -> Result {
        do throws(WireError) {
            return try body()
        } catch {
            throw located(error)
        }
    }

    @inline(never)
    func located(_ error: WireError) -> DecodingError {
        WireBridgeDecoder(state: state, scope: parent, position: position).error(error, Any.self)
    }

    /// Moves past the value that was begun last, unless it is to be tried again.
    @inline(__always)
    func settle() throws(WireError) {
        guard pending >= 0, index == pendingNext else { return }
        cursor = try state.end(of: pending, depth: remainingDepth)
        pending = -1
    }

    /// Tells the container around this one where this one ends, if the last element has been read.
    @inline(__always)
    func completeIfLast() {
        if index == announcedCount, state.completed.start == pending {
            cursor = state.completed.end
            pending = -1
            state.complete(position, end: cursor)
        }
    }

    /// Whether all elements have been read.
    func isAtEnd() throws -> Bool {
        try rethrow { () throws(WireError) in
            if let announcedCount { return index >= announcedCount }
            try settle()
            state.reader.seek(to: cursor)
            return try state.reader.peekByte() == WireByte.stop
        }
    }
}

extension WireDecodingScope {
    /// Begins the next element of an array.
    func beginNext() throws -> Int {
        try rethrow { () throws(WireError) in
            try settle()
            pending = cursor
            pendingNext = index + 1
            return cursor
        }
    }

    /// Takes the element as read.
    @inline(__always)
    func finishNext() {
        index += 1
        completeIfLast()
    }

    /// Reads the next element of an array.
    func decodeNext<Element: Decodable>(_ type: Element.Type) throws -> Element {
        let value = try state.decode(Element.self, at: try beginNext(), in: self)
        finishNext()
        return value
    }

    /// Reads the next pair of a map.
    func decodePair<Key: Decodable, Value: Decodable>(_: Key.Type, _: Value.Type) throws -> (Key, Value) {
        pendingKey = try beginNext()
        let key = try state.decode(Key.self, at: pendingKey, in: self)
        pending = try rethrow { () throws(WireError) in try state.end(of: pendingKey, depth: remainingDepth) }
        let value = try state.decode(Value.self, at: pending, in: self)
        finishNext()
        return (key, value)
    }

    /// The next byte of a byte string, if this is one that has more.
    func nextByte() -> UInt8? {
        guard let bytes, index < bytes.count else { return nil }
        index += 1
        return bytes[index - 1]
    }
}

extension WireDecodingScope {
    /// The keys that lead to the container itself.
    var path: [any CodingKey] { parent?.path(to: position) ?? [] }

    /// The keys that lead to the value at a position.
    func path(to value: Int) -> [any CodingKey] {
        guard isMap else { return path + [WireIndexKey(index)] }
        guard value == pending, pendingKey >= 0 else { return path }
        state.reader.seek(to: pendingKey)
        guard let key = try? readKey() else { return path }
        return path + [key]
    }
}
