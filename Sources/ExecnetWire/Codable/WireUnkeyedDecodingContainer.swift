//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The container of an array, or of a byte string that is read byte by byte, which is how `Data` does it.
struct WireUnkeyedDecodingContainer: UnkeyedDecodingContainer {
    let scope: WireDecodingScope

    var codingPath: [any CodingKey] { scope.path }
    var count: Int? { scope.announcedCount }
    var isAtEnd: Bool { (try? scope.isAtEnd()) ?? true }
    var currentIndex: Int { scope.index }

    @inline(__always)
    private func begin(_ type: Any.Type) throws -> Int {
        if try scope.isAtEnd() { throw noMore(type) }
        if scope.bytes != nil { throw onlyBytes(type) }
        return try scope.beginNext()
    }

    @inline(never)
    private func noMore(_ type: Any.Type) -> DecodingError {
        let context = DecodingError.Context(
            codingPath: codingPath + [WireIndexKey(currentIndex)],
            debugDescription: "the array has no more elements"
        )
        return .valueNotFound(type, context)
    }

    @inline(never)
    private func onlyBytes(_ type: Any.Type) -> DecodingError {
        let context = DecodingError.Context(
            codingPath: codingPath,
            debugDescription: "a byte string has only elements of type UInt8"
        )
        return .typeMismatch(type, context)
    }

    @inline(__always)
    private func read<Value: WireDecodable>(_ type: Value.Type) throws -> Value {
        let value = try scope.state.read(type, at: try begin(type), in: scope)
        scope.finishNext()
        return value
    }

    func decodeNil() throws -> Bool {
        if scope.bytes != nil { return false }
        guard scope.state.readNull(at: try begin(Any?.self)) else { return false }
        scope.finishNext()
        return true
    }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if Value.self == UInt8.self, scope.bytes != nil { return unsafeBitCast(try decode(UInt8.self), to: Value.self) }
        let value = try scope.state.decode(type, at: try begin(type), in: scope)
        scope.finishNext()
        return value
    }

    func decode(_ type: UInt8.Type) throws -> UInt8 {
        guard scope.bytes != nil else { return try read(type) }
        guard let byte = scope.nextByte() else { throw noMore(type) }
        return byte
    }

    func decode(_ type: String.Type) throws -> String { try read(type) }
    func decode(_ type: Int.Type) throws -> Int { try read(type) }
    func decode(_ type: Double.Type) throws -> Double { try read(type) }
    func decode(_ type: Bool.Type) throws -> Bool { try read(type) }
    func decode(_ type: Int128.Type) throws -> Int128 { try read(type) }
    func decode(_ type: UInt128.Type) throws -> UInt128 { try read(type) }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        let container = try scope.decoder(at: try begin([String: Any].self)).container(keyedBy: type)
        scope.finishNext()
        return container
    }

    func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let container = try scope.decoder(at: try begin([Any].self)).unkeyedContainer()
        scope.finishNext()
        return container
    }

    func superDecoder() throws -> any Decoder {
        let decoder = scope.decoder(at: try begin(Any.self))
        scope.finishNext()
        return decoder
    }
}
