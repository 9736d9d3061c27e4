//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What all containers of one Codable decoding read from.
///
/// Containers remember positions, not pointers, and the reader is taken away when the decoding ends; a container that
/// outlives it finds no bytes.
///
/// The properties are exempt from the run-time checks for overlapping access, which would cost more than what they
/// check: a value gets hold of the reader only in its own `init(from:)`, which knows no containers.
final class WireDecodingState {
    @exclusivity(unchecked) var reader: WireReader
    /// The position of a value whose end is known, and that end.
    @exclusivity(unchecked) private(set) var completed = (start: -1, end: -1)

    /// How deep the whole value may be nested.
    let rootDepth: Int
    private let types = WireTypeTraits.Table()
    @exclusivity(unchecked) private var reusable: WireReusableContainers? = WireReusableContainers()

    /// ``finish()`` must be called in the end.
    init(depth: Int) {
        rootDepth = depth
        reader = WireReader(UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// Lets go of the containers that are kept for reuse, which refer to this state.
    func finish() {
        reusable?.letGo()
        reusable = nil
    }

    /// A slot with a container for keys of that type that is free; `nil` if the caller has to make one.
    @inline(__always)
    func keyedSlot<Key: CodingKey>(_ type: Key.Type) -> Unmanaged<WireKeyedSlot>? {
        reusable?.slot(type) { slot in
            let scope = WireDecodingScope(WireBridgeDecoder(state: self, scope: nil, position: 0), slot)
            slot.scope = UnsafeRawPointer(Unmanaged.passUnretained(scope).toOpaque())
            return KeyedDecodingContainer(WireKeyedDecodingContainer<Key>(scope: scope))
        }
    }

    var userInfo: [CodingUserInfoKey: Any] {
        guard let context = reader.context else { return [:] }
        return [.wireContext: context]
    }

    /// Notes that the value at `start` ends at `end`.
    @inline(__always)
    func complete(_ start: Int, end: Int) {
        completed = (start, end)
    }

    /// Where the value at a position ends.
    func end(of position: Int, depth: Int) throws(WireError) -> Int {
        if completed.start == position { return completed.end }
        reader.seek(to: position)
        reader.remainingDepth = depth
        try reader.skip()
        return reader.position
    }

    /// Reads the value at a position, by the fastest way that its type has.
    func decode<Value: Decodable>(
        _ type: Value.Type,
        at position: Int,
        in scope: WireDecodingScope?
    ) throws -> Value {
        let traits = types.traits(Value.self)
        if let direct = traits.pointee.reader {
            return try reading(Value.self, position, scope) { (reader) throws(WireError) in
                try reader.readDirect(Value.self, traits, direct)
            }
        }
        let decoder = WireBridgeDecoder(state: self, scope: scope, position: position)
        guard let collection = traits.pointee.collectionDecoding else { return try Value(from: decoder) }
        func read<Collection: BridgedDecoding>(_ type: Collection.Type) throws -> Value {
            // The traits of `Value` name `Value` itself as the collection: the cast turns a type into itself.
            unsafeBitCast(try type.decodeBridged(decoder), to: Value.self)
        }
        return try read(collection)
    }

    /// Reads a value of a type that is known to read itself.
    @inline(__always)
    func read<Value: WireDecodable>(
        _ type: Value.Type,
        at position: Int,
        in scope: WireDecodingScope?
    ) throws -> Value {
        try reading(type, position, scope) { (reader) throws(WireError) in try Value(from: &reader) }
    }

    @inline(__always)
    private func reading<Value>(
        _ type: Value.Type,
        _ position: Int,
        _ scope: WireDecodingScope?,
        _ body: (inout WireReader) throws(WireError) -> Value
    ) throws -> Value {
        do throws(WireError) {
            reader.seek(to: position)
            reader.remainingDepth = scope?.remainingDepth ?? rootDepth
            let value = try body(&reader)
            completed = (position, reader.position)
            return value
        } catch {
            throw WireBridgeDecoder(state: self, scope: scope, position: position).error(error, Value.self)
        }
    }

    /// Reads null at a position, if that is what is there.
    @inline(__always)
    func readNull(at position: Int) -> Bool {
        reader.seek(to: position)
        guard (try? reader.readNull()) == true else { return false }
        completed = (position, position + 1)
        return true
    }
}
