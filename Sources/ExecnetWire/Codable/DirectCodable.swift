//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What types with a form of their own on the wire do when their `Codable` functions are called by hand with an encoder or
/// decoder of this module.
extension WireEncodable {
    /// Encodes directly if the encoder is of this module; else returns false.
    func encodeDirect(to encoder: any Encoder) throws -> Bool {
        guard encoder is WireBridgeEncoder else { return false }
        var container = encoder.singleValueContainer()
        try container.encode(self)
        return true
    }
}

extension WireDecodable {
    /// Decodes directly if the decoder is of this module; else returns `nil`.
    static func decodeDirect(from decoder: any Decoder) throws -> Self? {
        guard decoder is WireBridgeDecoder else { return nil }
        return try decoder.singleValueContainer().decode(Self.self)
    }
}
