//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Collections of types that are only `Codable`, written as one container whose size is known at once.
protocol BridgedEncoding {
    /// Writes the whole value where the state's writer stands.
    func encodeBridged(into state: WireEncodingState) throws
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
        try withUnsafeBufferPointer { elements in
            let start = state.writer.count
            for index in 0..<elements.count {
                try state.encode(elements[index], key: WireIndexKey(index))
                if index == 31 { state.writer.expect(elements.count, done: 32, since: start) }
            }
        }
        state.writer.leave()
    }
}

extension Set: BridgedEncoding where Element: Encodable {
    func encodeBridged(into state: WireEncodingState) throws {
        state.writer.writeTag(WireTag.set)
        try state.writer.enter()
        state.writer.beginArray(count)
        for (index, element) in enumerated() { try state.encode(element, key: WireIndexKey(index)) }
        state.writer.leave()
    }
}

/// Any `Encodable` key is sent as what it is: text, a number, or another value.
extension Dictionary: BridgedEncoding where Key: Encodable, Value: Encodable {
    func encodeBridged(into state: WireEncodingState) throws {
        try state.writer.enter()
        state.writer.beginMap(count)
        for (key, value) in self {
            try state.encode(key, key: nil)
            try state.encode(value, key: (key as? String).map { WireNameKey($0) })
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
