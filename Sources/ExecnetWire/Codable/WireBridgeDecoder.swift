//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The `Decoder` that a `Codable` type is given: a position in the bytes and the container that it is in.
struct WireBridgeDecoder: Decoder {
    let state: WireDecodingState
    let scope: WireDecodingScope?
    let position: Int

    /// How deep the value at the position may be nested.
    var depth: Int { scope?.remainingDepth ?? state.rootDepth }
    var codingPath: [any CodingKey] { scope?.path(to: position) ?? [] }
    var userInfo: [CodingUserInfoKey: Any] { state.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard let slot = state.keyedSlot(type), let scope = slot._withUnsafeGuaranteedRef({ $0.scope }) else {
            return try newContainer()
        }
        try Unmanaged<WireDecodingScope>.fromOpaque(scope)._withUnsafeGuaranteedRef { try $0.openMap(self) }
        return slot._withUnsafeGuaranteedRef { $0.container() }
    }

    @inline(never)
    private func newContainer<Key: CodingKey>() throws -> KeyedDecodingContainer<Key> {
        let scope = WireDecodingScope(self)
        try scope.openMap(self)
        return KeyedDecodingContainer(WireKeyedDecodingContainer(scope: scope))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        WireUnkeyedDecodingContainer(scope: try WireDecodingScope.array(self))
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        WireSingleValueDecodingContainer(decoder: self)
    }

    func peekKind() throws -> WireKind {
        do throws(WireError) {
            state.reader.seek(to: position)
            return try state.reader.peekKind()
        } catch {
            throw self.error(error, Any.self)
        }
    }

    /// An error as types that decode themselves expect it: one that they can tell apart and recover from.
    @inline(never)
    func error(_ error: WireError, _ type: Any.Type) -> DecodingError {
        let context = DecodingError.Context(
            codingPath: codingPath,
            debugDescription: error.message,
            underlyingError: error
        )
        switch error.code {
        case .typeMismatch:
            if let kind = try? peekKind(), kind == .null { return .valueNotFound(type, context) }
            return .typeMismatch(type, context)
        default: return .dataCorrupted(context)
        }
    }
}

/// The container of a value that is not a map or array of its own.
struct WireSingleValueDecodingContainer: SingleValueDecodingContainer {
    let decoder: WireBridgeDecoder

    var codingPath: [any CodingKey] { decoder.codingPath }

    func decodeNil() -> Bool { decoder.state.readNull(at: decoder.position) }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try decoder.state.decode(type, at: decoder.position, in: decoder.scope)
    }

    func decode(_ type: Int128.Type) throws -> Int128 {
        try decoder.state.read(type, at: decoder.position, in: decoder.scope)
    }

    func decode(_ type: UInt128.Type) throws -> UInt128 {
        try decoder.state.read(type, at: decoder.position, in: decoder.scope)
    }
}
