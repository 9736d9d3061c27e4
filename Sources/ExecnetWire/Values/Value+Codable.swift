//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Coding with encoders of others, such as `JSONEncoder`: what they have no form for is wrapped as the bytes that would be
/// sent, in a map with the only key `$cbor`.
extension Value: Codable {
    private enum WrappedKeys: String, CodingKey {
        case cbor = "$cbor"
    }

    private struct TextKey: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public func encode(to encoder: any Encoder) throws {
        if try encodeDirect(to: encoder) { return }
        var single = encoder.singleValueContainer()
        switch self {
        case .null: try single.encodeNil()
        case .bool(let value): try single.encode(value)
        case .int(let value): try single.encode(value)
        case .double(let value) where value.isFinite: try single.encode(value)
        case .string(let value): try single.encode(value)
        case .array(let values): try single.encode(values)
        case .map(let map) where Self.isPlain(map):
            var container = encoder.container(keyedBy: TextKey.self)
            for entry in map.entries {
                guard let key = entry.key.string else { continue }
                try container.encode(entry.value, forKey: TextKey(stringValue: key))
            }
        default:
            var container = encoder.container(keyedBy: WrappedKeys.self)
            try container.encode(try Wire.encode(self).array, forKey: .cbor)
        }
    }

    /// Whether all keys are text, none twice, and the map can't be taken for a wrapped value.
    private static func isPlain(_ map: ValueMap) -> Bool {
        let keys = map.entries.compactMap(\.key.string)
        return keys.count == map.count && Set(keys).count == keys.count && keys != [WrappedKeys.cbor.rawValue]
    }

    public init(from decoder: any Decoder) throws {
        if let direct = try Self.decodeDirect(from: decoder) {
            self = direct
        } else if let values = try? [Value](from: decoder) {
            self = .array(values)
        } else if let container = try? decoder.container(keyedBy: TextKey.self) {
            self = try Self.map(container)
        } else {
            self = try Self.scalar(try decoder.singleValueContainer())
        }
    }

    private static func map(_ container: KeyedDecodingContainer<TextKey>) throws -> Value {
        let keys = container.allKeys
        if let key = keys.first, keys.count == 1, key.stringValue == WrappedKeys.cbor.rawValue {
            return try Wire.decode(Value.self, from: WireBytes(try container.decode([UInt8].self, forKey: key)))
        }
        let entries = try keys.map { key in
            ValueMap.Entry(key: .string(key.stringValue), value: try container.decode(Value.self, forKey: key))
        }
        return .map(ValueMap(entries))
    }

    private static func scalar(_ container: any SingleValueDecodingContainer) throws -> Value {
        if container.decodeNil() { return .null }
        if let value = try? container.decode(Bool.self) { return .bool(value) }
        if let value = try? container.decode(Int64.self) { return .int(value) }
        if let value = try? container.decode(Double.self) { return .double(value) }
        return .string(try container.decode(String.self))
    }
}
