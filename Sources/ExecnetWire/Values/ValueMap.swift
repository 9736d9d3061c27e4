//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The pairs of a map, in the order in which they were sent; any value can be a key.
///
/// Two maps are equal if they have equal pairs in the same order. Keys may repeat, as they may on the wire; looking a
/// key up finds its last pair.
public struct ValueMap: Hashable, Sendable {
    /// One pair.
    public struct Entry: Hashable, Sendable {
        /// The key.
        public var key: Value
        /// The value.
        public var value: Value

        /// Makes a pair.
        public init(key: Value, value: Value) {
            self.key = key
            self.value = value
        }
    }

    /// The pairs in order.
    public var entries: [Entry]

    /// Makes a map of pairs.
    public init(_ entries: [Entry] = []) {
        self.entries = entries
    }

    /// Makes a map of keys and values.
    public init(_ pairs: some Sequence<(key: Value, value: Value)>) {
        entries = pairs.map { Entry(key: $0.key, value: $0.value) }
    }

    /// The value of the last pair with that key. Setting changes that pair or appends one; setting `nil` removes all of them.
    ///
    /// Takes time in proportion to the number of pairs.
    public subscript(key: Value) -> Value? {
        get { entries.last { $0.key == key }?.value }
        set {
            guard let newValue else { return entries.removeAll { $0.key == key } }
            if let index = entries.lastIndex(where: { $0.key == key }) {
                entries[index].value = newValue
            } else {
                entries.append(Entry(key: key, value: newValue))
            }
        }
    }

    /// The keys in order.
    public var keys: [Value] { entries.map(\.key) }
    /// The values in order.
    public var values: [Value] { entries.map(\.value) }
}

extension ValueMap: RandomAccessCollection, ExpressibleByDictionaryLiteral {
    public var startIndex: Int { 0 }
    public var endIndex: Int { entries.count }
    public subscript(index: Int) -> Entry { entries[index] }

    public init(dictionaryLiteral pairs: (Value, Value)...) {
        entries = pairs.map { Entry(key: $0.0, value: $0.1) }
    }
}
