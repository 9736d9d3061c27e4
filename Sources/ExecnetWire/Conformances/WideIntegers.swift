//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

extension Int128: WireCodable {
    public func encode(into writer: inout WireWriter) throws(WireError) {
        writer.writeBigInteger(BigInteger(self))
    }

    public init(from reader: inout WireReader) throws(WireError) { self = try reader.readInteger() }
}

extension UInt128: WireCodable {
    public func encode(into writer: inout WireWriter) throws(WireError) {
        writer.writeBigInteger(BigInteger(self))
    }

    public init(from reader: inout WireReader) throws(WireError) { self = try reader.readInteger() }
}

extension BigInteger: WireCodable, Codable {
    public func encode(into writer: inout WireWriter) throws(WireError) {
        writer.writeBigInteger(self)
    }

    public init(from reader: inout WireReader) throws(WireError) {
        let offset = reader.position
        guard let value = try reader.readBigInteger() else { throw reader.mismatch("an integer", at: offset) }
        self = value
    }

    private enum CodingKeys: CodingKey {
        case isNegative, magnitude
    }

    public func encode(to encoder: any Encoder) throws {
        if try encodeDirect(to: encoder) { return }
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(isNegative, forKey: .isNegative)
        try container.encode(magnitude, forKey: .magnitude)
    }

    public init(from decoder: any Decoder) throws {
        if let direct = try Self.decodeDirect(from: decoder) {
            self = direct
        } else {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.init(
                isNegative: try container.decode(Bool.self, forKey: .isNegative),
                magnitude: try container.decode([UInt8].self, forKey: .magnitude)
            )
        }
    }
}
