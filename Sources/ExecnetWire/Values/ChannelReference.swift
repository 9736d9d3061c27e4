//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A channel as it stands inside a value: its number on the link.
public struct ChannelReference: Hashable, Sendable, CustomStringConvertible {
    /// The channel's number.
    public var id: UInt64

    /// Refers to the channel of that number.
    public init(id: UInt64) {
        self.id = id
    }

    public var description: String { "<channel \(id)>" }
}

extension ChannelReference: WireCodable {
    public func encode(into writer: inout WireWriter) throws(WireError) {
        writer.writeChannel(self)
    }

    public init(from reader: inout WireReader) throws(WireError) {
        self = try reader.readChannel()
    }
}

extension ChannelReference: Codable {
    private enum CodingKeys: CodingKey {
        case channel
    }

    public func encode(to encoder: any Encoder) throws {
        if try encodeDirect(to: encoder) { return }
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .channel)
    }

    public init(from decoder: any Decoder) throws {
        if let direct = try Self.decodeDirect(from: decoder) {
            self = direct
        } else {
            id = try decoder.container(keyedBy: CodingKeys.self).decode(UInt64.self, forKey: .channel)
        }
    }
}
