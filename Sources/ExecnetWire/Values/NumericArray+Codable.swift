//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Coding with encoders of others: the kind and the bytes.
extension NumericArray: Codable {
    private enum CodingKeys: CodingKey {
        case kind, bytes
    }

    public func encode(to encoder: any Encoder) throws {
        if try encodeDirect(to: encoder) { return }
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind.rawValue, forKey: .kind)
        try container.encode(bytes, forKey: .bytes)
    }

    public init(from decoder: any Decoder) throws {
        if let direct = try Self.decodeDirect(from: decoder) {
            self = direct
            return
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let number = try container.decode(UInt8.self, forKey: .kind)
        let bytes = try container.decode([UInt8].self, forKey: .bytes)
        guard let kind = Kind(rawValue: number), let array = NumericArray(kind: kind, bytes: bytes) else {
            throw DecodingError.dataCorruptedError(forKey: .kind, in: container, debugDescription: "no such array")
        }
        self = array
    }
}
