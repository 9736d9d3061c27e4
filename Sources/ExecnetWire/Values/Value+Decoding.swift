//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

extension Value: WireDecodable {
    public init(from reader: inout WireReader) throws(WireError) {
        let offset = reader.position
        let head = try reader.readHead()
        switch head.major {
        case WireMajor.unsigned, WireMajor.negative:
            self = try Self.integer(head, &reader, offset)
        case WireMajor.bytes, WireMajor.text:
            self = try Self.string(head, &reader, offset)
        case WireMajor.array:
            self = .array(try Self.elements(head, &reader, offset))
        case WireMajor.map:
            self = .map(try Self.map(head, &reader, offset))
        case WireMajor.tag:
            try reader.enter()
            self = try Self.tagged(head.argument, &reader, offset)
            reader.leave()
        default:
            self = try Self.simple(head, offset)
        }
    }

    private static func integer(
        _ head: WireReader.Head,
        _ reader: inout WireReader,
        _ offset: Int
    ) throws(WireError) -> Value {
        if head.argument <= UInt64(Int64.max) {
            let number = Int64(bitPattern: head.argument)
            return .int(head.major == WireMajor.unsigned ? number : ~number)
        }
        reader.cursor = reader.start + offset
        return try bigInteger(&reader, offset)
    }

    private static func bigInteger(_ reader: inout WireReader, _ offset: Int) throws(WireError) -> Value {
        guard let big = try reader.readBigInteger() else { throw reader.mismatch("an integer", at: offset) }
        return .integer(big)
    }

    private static func string(
        _ head: WireReader.Head,
        _ reader: inout WireReader,
        _ offset: Int
    ) throws(WireError) -> Value {
        if head.isIndefinite {
            let bytes = try reader.readChunks(major: head.major)
            if head.major == WireMajor.bytes { return .bytes(bytes) }
            return .string(String(decoding: bytes, as: UTF8.self))
        }
        let block = try reader.readBlock(head, at: offset)
        return head.major == WireMajor.bytes ? .bytes([UInt8](block)) : .string(try WireReader.text(block, at: offset))
    }

    private static func elements(
        _ head: WireReader.Head,
        _ reader: inout WireReader,
        _ offset: Int
    ) throws(WireError) -> [Value] {
        try reader.enter()
        var left = try reader.containerCount(head, bytesEach: 1, at: offset)
        var values: [Value] = []
        if let left { values.reserveCapacity(reader.reservation(left, stride: MemoryLayout<Value>.stride)) }
        while try reader.next(&left) { values.append(try Value(from: &reader)) }
        reader.leave()
        return values
    }

    private static func map(
        _ head: WireReader.Head,
        _ reader: inout WireReader,
        _ offset: Int
    ) throws(WireError) -> ValueMap {
        try reader.enter()
        var left = try reader.containerCount(head, bytesEach: 2, at: offset)
        var entries: [ValueMap.Entry] = []
        if let left { entries.reserveCapacity(reader.reservation(left, stride: MemoryLayout<ValueMap.Entry>.stride)) }
        while try reader.next(&left) {
            let key = try Value(from: &reader)
            entries.append(ValueMap.Entry(key: key, value: try Value(from: &reader)))
        }
        reader.leave()
        return ValueMap(entries)
    }

    private static func tagged(
        _ tag: UInt64,
        _ reader: inout WireReader,
        _ offset: Int
    ) throws(WireError) -> Value {
        switch tag {
        case WireTag.positiveBig, WireTag.negativeBig:
            reader.cursor = reader.start + offset
            return try bigInteger(&reader, offset)
        case WireTag.set: return .set(try elements(of: "a set", &reader, offset))
        case WireTag.tuple: return .tuple(try elements(of: "a tuple", &reader, offset))
        case WireTag.frozenSet: return .frozenSet(try elements(of: "a frozen set", &reader, offset))
        case WireTag.complex: return try complex(&reader, offset)
        case WireTag.channel:
            reader.cursor = reader.start + offset
            return .channel(try reader.readChannel())
        case WireTag.numericArrays:
            if let array = try reader.readNumericArray(tag: tag) { return .numericArray(array) }
        default: break
        }
        return .tagged(tag, try Value(from: &reader))
    }

    /// The elements after a tag. The tag has been counted as the level of nesting.
    private static func elements(
        of what: String,
        _ reader: inout WireReader,
        _ offset: Int
    ) throws(WireError) -> [Value] {
        let head = try reader.readHead()
        guard head.major == WireMajor.array else { throw .malformed("\(what) without an array", at: offset) }
        reader.leave()
        let values = try elements(head, &reader, offset)
        try reader.enter()
        return values
    }

    private static func complex(_ reader: inout WireReader, _ offset: Int) throws(WireError) -> Value {
        guard try reader.readArrayHead() == 2 else {
            throw .malformed("a complex number without two parts", at: offset)
        }
        return .complex(real: try reader.readDouble(), imaginary: try reader.readDouble())
    }

    private static func simple(_ head: WireReader.Head, _ offset: Int) throws(WireError) -> Value {
        switch head.initial {
        case WireByte.false: return .bool(false)
        case WireByte.true: return .bool(true)
        case WireByte.null: return .null
        case WireByte.undefined: return .undefined
        case WireByte.half: return .double(HalfPrecision.double(UInt16(truncatingIfNeeded: head.argument)))
        case WireByte.single:
            return .double(Double(Float(bitPattern: UInt32(truncatingIfNeeded: head.argument))))
        case WireByte.double: return .double(Double(bitPattern: head.argument))
        default: break
        }
        let number = UInt8(truncatingIfNeeded: head.argument)
        guard head.initial != 0xF8 || number >= 32 else {
            throw .malformed("a simple value in too long a form", at: offset)
        }
        return .simple(number)
    }
}
