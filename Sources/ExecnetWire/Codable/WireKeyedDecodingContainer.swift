//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The container of a map. Keys are looked for as text, and as numbers if they have one.
struct WireKeyedDecodingContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let scope: WireDecodingScope

    var codingPath: [any CodingKey] { scope.path }

    var allKeys: [Key] { (try? scope.allKeys(Key.self)) ?? [] }

    func contains(_ key: Key) -> Bool {
        (try? scope.find(key, take: false)) != nil
    }

    @inline(__always)
    private func begin(_ key: Key) throws -> Int {
        guard let position = try scope.take(key) else { throw missing(key) }
        return position
    }

    @inline(never)
    private func missing(_ key: some CodingKey) -> DecodingError {
        let context = DecodingError.Context(
            codingPath: codingPath,
            debugDescription: "there is no key \"\(key.stringValue)\""
        )
        return .keyNotFound(key, context)
    }

    @inline(__always)
    private func read<Value: WireDecodable>(_ type: Value.Type, _ key: Key) throws -> Value {
        let value = try scope.state.read(type, at: try begin(key), in: scope)
        scope.completeIfLast()
        return value
    }

    /// Reads a value that may be missing or null.
    @inline(__always)
    private func readIfPresent<Value: WireDecodable>(_ type: Value.Type, _ key: Key) throws -> Value? {
        guard let position = try scope.take(key) else { return nil }
        let value = try scope.state.read(Value?.self, at: position, in: scope)
        scope.completeIfLast()
        return value
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        guard let position = try scope.find(key, take: false) else { throw missing(key) }
        return scope.state.readNull(at: position)
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let value = try scope.state.decode(type, at: try begin(key), in: scope)
        scope.completeIfLast()
        return value
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        guard let position = try scope.take(key) else { return nil }
        if scope.state.readNull(at: position) {
            scope.completeIfLast()
            return nil
        }
        let value = try scope.state.decode(type, at: position, in: scope)
        scope.completeIfLast()
        return value
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try scope.decoder(at: try begin(key)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try scope.decoder(at: try begin(key)).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        guard let position = try scope.find(WireNameKey.super, take: true) else { throw missing(WireNameKey.super) }
        return scope.decoder(at: position)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { scope.decoder(at: try begin(key)) }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try read(type, key) }
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try readIfPresent(type, key) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try read(type, key) }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { try readIfPresent(type, key) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try read(type, key) }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? { try readIfPresent(type, key) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try read(type, key) }
    func decodeIfPresent(_ type: Float.Type, forKey key: Key) throws -> Float? { try readIfPresent(type, key) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try read(type, key) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try readIfPresent(type, key) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try read(type, key) }
    func decodeIfPresent(_ type: Int8.Type, forKey key: Key) throws -> Int8? { try readIfPresent(type, key) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try read(type, key) }
    func decodeIfPresent(_ type: Int16.Type, forKey key: Key) throws -> Int16? { try readIfPresent(type, key) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try read(type, key) }
    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? { try readIfPresent(type, key) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try read(type, key) }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? { try readIfPresent(type, key) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try read(type, key) }
    func decodeIfPresent(_ type: UInt.Type, forKey key: Key) throws -> UInt? { try readIfPresent(type, key) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try read(type, key) }
    func decodeIfPresent(_ type: UInt8.Type, forKey key: Key) throws -> UInt8? { try readIfPresent(type, key) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try read(type, key) }
    func decodeIfPresent(_ type: UInt16.Type, forKey key: Key) throws -> UInt16? { try readIfPresent(type, key) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try read(type, key) }
    func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) throws -> UInt32? { try readIfPresent(type, key) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try read(type, key) }
    func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? { try readIfPresent(type, key) }
    func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 { try read(type, key) }
    func decodeIfPresent(_ type: Int128.Type, forKey key: Key) throws -> Int128? { try readIfPresent(type, key) }
    func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 { try read(type, key) }
    func decodeIfPresent(_ type: UInt128.Type, forKey key: Key) throws -> UInt128? { try readIfPresent(type, key) }
}
