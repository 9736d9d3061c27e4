//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

extension Value: WireEncodable {
    public func encode(into writer: inout WireWriter) throws(WireError) {
        switch self {
        case .null: writer.writeNull()
        case .undefined: writer.writeByte(WireByte.undefined)
        case .bool(let value): writer.writeBool(value)
        case .int(let value): writer.writeInt(value)
        case .bigInteger(let value): writer.writeBigInteger(value)
        case .double(let value): writer.writeDouble(value)
        case .string(let value): writer.writeString(value)
        case .bytes(let value): writer.writeBytes(value)
        case .array(let values): try Self.encode(values, tag: nil, into: &writer)
        case .map(let map): try Self.encode(map, into: &writer)
        case .tuple(let values): try Self.encode(values, tag: WireTag.tuple, into: &writer)
        case .set(let values): try Self.encode(values, tag: WireTag.set, into: &writer)
        case .frozenSet(let values): try Self.encode(values, tag: WireTag.frozenSet, into: &writer)
        case .complex(let real, let imaginary):
            writer.writeTag(WireTag.complex)
            writer.beginArray(2)
            writer.writeDouble(real)
            writer.writeDouble(imaginary)
        case .numericArray(let array): try array.encode(into: &writer)
        case .channel(let channel): writer.writeChannel(channel)
        case .simple(let number): try Self.encode(simple: number, into: &writer)
        case .tagged(let tag, let value):
            try writer.enter()
            writer.writeTag(tag)
            try value.encode(into: &writer)
            writer.leave()
        }
    }

    private static func encode(_ values: [Value], tag: UInt64?, into writer: inout WireWriter) throws(WireError) {
        if let tag { writer.writeTag(tag) }
        try writer.enter()
        writer.beginArray(values.count)
        for value in values { try value.encode(into: &writer) }
        writer.leave()
    }

    private static func encode(_ map: ValueMap, into writer: inout WireWriter) throws(WireError) {
        try writer.enter()
        writer.beginMap(map.count)
        for entry in map.entries {
            try entry.key.encode(into: &writer)
            try entry.value.encode(into: &writer)
        }
        writer.leave()
    }

    private static func encode(simple number: UInt8, into writer: inout WireWriter) throws(WireError) {
        switch number {
        case 0..<20:
            writer.writeByte(WireMajor.simple | number)
        case 32...:
            writer.writeByte(0xF8)
            writer.writeByte(number)
        default:
            throw WireError(.unsupportedValue, "can't serialize simple(\(number)): that number is not a simple value")
        }
    }
}
