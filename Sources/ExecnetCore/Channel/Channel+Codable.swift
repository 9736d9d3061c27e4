//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

public import ExecnetWire

/// A channel is a value: sent inside an item or a binding, it arrives as the other end of the same channel, ready for use.
extension Channel: Codable {
    public func encode(to encoder: any Encoder) throws {
        guard let context = encoder.userInfo[.wireContext] as? Endpoint, context === endpoint else {
            throw ChannelError(.foreign, "\(self) can only be sent over its own gateway.", gateway: gatewayID)
        }
        var container = encoder.singleValueContainer()
        try container.encode(ChannelReference(id: id))
    }

    public init(from decoder: any Decoder) throws {
        guard let context = decoder.userInfo[.wireContext] as? Endpoint else {
            throw ChannelError(.foreign, "A channel can only be received over a gateway.")
        }
        self = try context.channel(for: try decoder.singleValueContainer().decode(ChannelReference.self))
    }

    /// What stands for the channel inside a ``Value``.
    public var reference: ChannelReference { ChannelReference(id: id) }

    /// The channel that a reference inside a received ``Value`` stands for.
    public func channel(for reference: ChannelReference) throws -> Channel { try endpoint.channel(for: reference) }
}

extension Endpoint {
    /// Encodes a value that is about to be sent on a channel, and makes channels in it known to the other side first.
    func encode(_ value: some WireEncodable, beside core: ChannelCore) throws -> WireBytes {
        var writer = WireWriter(context: self)
        try Wire.write(value, into: &writer)
        let references = writer.channelReferences
        if !references.isEmpty { try attach(references, beside: core) }
        return writer.finish()
    }

    @_disfavoredOverload
    func encode(_ value: some Encodable, beside core: ChannelCore) throws -> WireBytes {
        var writer = WireWriter(context: self)
        try Wire.write(value, into: &writer)
        let references = writer.channelReferences
        if !references.isEmpty { try attach(references, beside: core) }
        return writer.finish()
    }

    func decode<T: WireDecodable>(_ type: T.Type, from payload: WireBytes) throws -> T {
        try Wire.decode(type, from: payload, context: self)
    }

    @_disfavoredOverload
    func decode<T: Decodable>(_ type: T.Type, from payload: WireBytes) throws -> T {
        try Wire.decode(type, from: payload, context: self)
    }

    func value(of value: some Encodable, beside core: ChannelCore) throws -> Value {
        try Wire.decode(Value.self, from: try encode(value, beside: core))
    }
}
