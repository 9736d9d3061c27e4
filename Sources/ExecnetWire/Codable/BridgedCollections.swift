//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Collections of types that are only `Codable`, written as one container whose size is known at once.
protocol BridgedEncoding {
    /// Writes the whole value where the state's writer stands.
    func encodeBridged(into state: WireEncodingState) throws
}

extension BridgedEncoding {
    /// Writes the value of this type that is at `pointer`.
    static func encodeBridged(at pointer: UnsafeRawPointer, into state: WireEncodingState) throws {
        try pointer.assumingMemoryBound(to: Self.self).pointee.encodeBridged(into: state)
    }
}

/// Collections of types that are only `Codable`, read without a container for each step.
protocol BridgedDecoding {
    /// Reads the value at a position.
    static func decodeBridged(_ decoder: WireBridgeDecoder) throws -> Self
}

extension Array: BridgedEncoding where Element: Encodable {
    func encodeBridged(into state: WireEncodingState) throws {
        try state.writer.enter()
        state.writer.beginArray(count)
        try withUnsafeBufferPointer { try state.encodeElements($0) }
        state.writer.leave()
    }
}

extension Set: BridgedEncoding where Element: Encodable {
    func encodeBridged(into state: WireEncodingState) throws {
        state.writer.writeTag(WireTag.set)
        try state.writer.enter()
        state.writer.beginArray(count)
        for (index, element) in enumerated() { try state.encode(element, .index(index)) }
        state.writer.leave()
    }
}

/// Any `Encodable` key is sent as what it is: text, a number, or another value.
extension Dictionary: BridgedEncoding where Key: Encodable, Value: Encodable {
    func encodeBridged(into state: WireEncodingState) throws {
        try state.writer.enter()
        state.writer.beginMap(count)
        for (key, value) in self {
            let offset = state.writer.count
            try state.encode(key, .none)
            try state.encode(value, .key(at: offset))
        }
        state.writer.leave()
    }
}

extension Array: BridgedDecoding where Element: Decodable {
    static func decodeBridged(_ decoder: WireBridgeDecoder) throws -> [Element] {
        let scope = try WireDecodingScope.array(decoder)
        var elements: [Element] = []
        if let count = scope.announcedCount {
            elements.reserveCapacity(
                decoder.state.reader.reservation(count, stride: MemoryLayout<Element>.stride)
            )
        }
        while try !scope.isAtEnd() { elements.append(try scope.decodeNext(Element.self)) }
        return elements
    }
}

extension Dictionary: BridgedDecoding where Key: Decodable, Value: Decodable {
    static func decodeBridged(_ decoder: WireBridgeDecoder) throws -> [Key: Value] {
        guard try decoder.peekKind() == .map else { return try self.init(from: decoder) }
        let scope = try WireDecodingScope.map(decoder)
        var entries: [Key: Value] = [:]
        if let count = scope.announcedCount {
            let stride = MemoryLayout<Key>.stride + MemoryLayout<Value>.stride
            entries.reserveCapacity(decoder.state.reader.reservation(count, stride: 2 * stride))
        }
        while try !scope.isAtEnd() {
            let (key, value) = try scope.decodePair(Key.self, Value.self)
            entries[key] = value
        }
        return entries
    }
}
