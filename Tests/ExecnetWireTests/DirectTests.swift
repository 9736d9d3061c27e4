//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire
import Testing

private enum Color: String, WireCodable, Codable {
    case red, green
}

private struct Point: Codable, WireCodable, Equatable {
    var x: Double
    var y: Double

    init(x: Double, y: Double) {
        self.x = x
        self.y = y
    }

    func encode(into writer: inout WireWriter) throws(WireError) {
        writer.beginMap(2)
        try writer.writeEntry("x", x)
        try writer.writeEntry("y", y)
    }

    init(from reader: inout WireReader) throws(WireError) {
        var x: Double?
        var y: Double?
        try reader.readMap { (reader, key) throws(WireError) in
            switch key {
            case "x": x = try reader.readDouble()
            case "y": y = try reader.readDouble()
            default: try reader.skip()
            }
        }
        self.x = try reader.require(x, "x")
        self.y = try reader.require(y, "y")
    }
}

struct DirectTests {
    func check<Item: WireCodable & Equatable>(_ value: Item, _ bytes: String? = nil) throws {
        let encoded = try Wire.encode(value)
        if let bytes { #expect(hex(encoded.array) == bytes) }
        #expect(try Wire.decode(Item.self, from: encoded) == value)
    }

    @Test func integersOfEveryWidth() throws {
        func extremes<Number: FixedWidthInteger & WireCodable>(_: Number.Type) throws {
            var numbers: [Number] = [.min, .max, 0, 1]
            for shift in 0..<Number.bitWidth {
                numbers += [1 << shift, (1 << shift) &- 1, ~(1 << shift), Number.max >> shift, Number.min >> shift]
            }
            for number in numbers { try check(number) }
            try check(numbers)
            try check(ContiguousArray(numbers))
            try check(Set(numbers))
            try check(Dictionary(numbers.map { ("\($0)", $0) }, uniquingKeysWith: { $1 }))
            try check(Dictionary(numbers.map { ($0, $0) }, uniquingKeysWith: { $1 }))
            try check(numbers.map(Optional.some) + [nil])
            #expect(throws: WireError.self) { try Wire.decode(Number.self, from: Wire.encode("1")) }
            #expect(throws: WireError.self) { try Wire.decode(Number.self, from: Wire.encode(1.0)) }
        }
        try extremes(Int.self)
        try extremes(Int8.self)
        try extremes(Int16.self)
        try extremes(Int32.self)
        try extremes(Int64.self)
        try extremes(Int128.self)
        try extremes(UInt.self)
        try extremes(UInt8.self)
        try extremes(UInt16.self)
        try extremes(UInt32.self)
        try extremes(UInt64.self)
        try extremes(UInt128.self)
    }

    @Test func integersOutOfRangeAreRefused() throws {
        func code<Number: WireDecodable>(_ type: Number.Type, _ bytes: String) -> WireError.Code? {
            do throws(WireError) {
                _ = try decode(type, hex(bytes))
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code(Int8.self, "1880") == .outOfRange)
        #expect(code(Int8.self, "3880") == .outOfRange)
        #expect(code(UInt8.self, "20") == .outOfRange)
        #expect(code(UInt8.self, "190100") == .outOfRange)
        #expect(code(Int.self, "1b8000000000000000") == .outOfRange)
        #expect(code(Int.self, "3b8000000000000000") == .outOfRange)
        #expect(code(UInt.self, "3b8000000000000000") == .outOfRange)
        #expect(code([Int8].self, "811880") == .outOfRange)
        #expect(code(Float.self, "fb7e37e43c8800759c") == .outOfRange)
    }

    @Test func scalarsAndContainers() throws {
        try check(true, "f5")
        try check("grüße", "676772c3bcc39f65")
        try check(1.5, "fb3ff8000000000000")
        try check(Float(1.1), "fb3ff19999a0000000")
        try check([1.5, -2])
        try check([Float(1.5), -2])
        try check([UInt8](0...255))
        try check([] as [UInt8], "40")
        try check([] as [Int], "80")
        try check([true, false], "82f5f4")
        try check([[1, 2], [], [3]], "838201028081" + "03")
        try check(["a": [1: "b"]])
        try check(Set(["a", "b", "c"]))
        try check(Int?.none, "f6")
        try check([1, nil, 3], "8301f603")
        try check(Color.green, "65677265656e")
        try check([Color.green: 1], "a165677265656e01")
        try check([Point(x: 1, y: 2), Point(x: 3, y: 4)])
        try check(["p": Point(x: 1, y: 2)])
        try check(WireBytes([1, 2, 3]), "43010203")
        try check(String(repeating: "ü", count: 100_000))
        try check((0..<5000).map { "\($0)" })
        try check((0..<5000).map { Double($0) })
    }

    @Test func whatOthersSendForTheSameThing() throws {
        #expect(try decode(Double.self, hex("01")) == 1)
        #expect(try decode(Double.self, hex("f93c00")) == 1)
        #expect(try decode(Double.self, hex("c249010000000000000000")) == 0x1p64)
        #expect(try decode([UInt8].self, hex("83010203")) == [1, 2, 3])
        #expect(try decode([UInt8].self, hex("5f42010243030405ff")) == [1, 2, 3, 4, 5])
        #expect(try decode([Int].self, hex("9f0102ff")) == [1, 2])
        #expect(try decode([Int].self, hex("d965658101")) == [1])
        #expect(try decode([Int].self, hex("d901028101")) == [1])
        #expect(try decode(Set<Int>.self, hex("d965668101")) == [1])
        #expect(try decode(Set<Int>.self, hex("820101")) == [1])
        #expect(try decode([String: Int].self, hex("bf7f6161ff01ff")) == ["a": 1])
        #expect(try decode(Int?.self, hex("f7")) == nil)
        #expect(try decode(Int.self, hex("1b0000000000000001")) == 1)
        #expect(try decode(String.self, hex("7f657374726561646d696e67ff")) == "streaming")
        #expect(try decode(Point.self, hex("a3617901617802617a80")) == Point(x: 2, y: 1))
        #expect(try decode(Point.self, hex("bf7f6179ff01617802f600" + "0102ff")) == Point(x: 2, y: 1))
        #expect(try decode(Point.self, hex("a38001617901617802")) == Point(x: 2, y: 1))
    }

    @Test func missingKeysAreNamed() throws {
        let error = #expect(throws: WireError.self) { try decode(Point.self, hex("a1617801")) }
        #expect(error?.code == .missingKey)
        #expect(error?.message.contains("\"y\"") == true)
        #expect(throws: WireError.self) { try decode(Color.self, hex("6161")) }
    }

    @Test func invalidUTF8IsAnError() throws {
        for bytes in [
            "61ff", "62c328", "63e28028", "64f0288cbc", "63eda080", "64f4908080", "62c080",
            "78" + "20" + String(repeating: "80", count: 32),
        ] {
            for type in [String.self, Value.self, Ignored.self] as [any Decodable.Type] {
                let error = #expect(throws: WireError.self) { try decode(type, hex(bytes)) }
                #expect(error?.code == .invalidUTF8, "\(bytes) as \(type)")
            }
            let chunked = "7f" + bytes + "ff"
            #expect(throws: WireError.self) { try decode(String.self, hex(chunked)) }
            #expect(throws: WireError.self) { try decode(Value.self, hex(chunked)) }
            #expect(throws: WireError.self) { try decode([String: Int].self, hex("a1" + bytes + "01")) }
            #expect(throws: WireError.self) { try decode(Point.self, hex("a3" + bytes + "01617901617802")) }
            #expect(throws: WireError.self) { try decode(Plain.self, hex("a2" + bytes + "01617901")) }
        }
        #expect(try decode(String.self, hex("63efbfbd")) == "\u{FFFD}")
        #expect(try decode(String.self, hex("6461cc8162")) == "a\u{301}b")
    }

    private struct Plain: Decodable {
        var y: Int
    }

    /// Reads anything by skipping it.
    private struct Ignored: WireDecodable {
        init(from reader: inout WireReader) throws(WireError) { try reader.skip() }
        init(from decoder: any Decoder) throws {}
    }

    @Test func trailingBytesAreAnError() {
        let error = #expect(throws: WireError.self) { try decode(Int.self, hex("0102")) }
        #expect(error?.code == .trailingBytes)
        #expect(throws: WireError.self) { try decode(Record.self, (try Wire.encode(Record.example)).array + [0]) }
        #expect(throws: WireError.self) { try decode(Int.self, []) }
    }

    @Test func channelReferencesAreNotedInOrder() throws {
        var writer = WireWriter()
        try Wire.write(1, into: &writer)
        #expect(writer.channelReferences.isEmpty)
        let first = ChannelReference(id: 3)
        try Wire.write([first, ChannelReference(id: 5)], into: &writer)
        try Wire.write(Value.map(["c": .channel(ChannelReference(id: 7))]), into: &writer)
        try Wire.write(Carrier(channel: ChannelReference(id: 9)), into: &writer)
        #expect(writer.channelReferences == [3, 5, 7, 9])
        #expect(try roundTrip(Carrier(channel: first)).channel == first)
        #expect(try hex(Wire.encode(first).array) == "d9656303")
    }

    private struct Carrier: Codable {
        var channel: ChannelReference
    }

    @Test func readersAndWritersWorkInPieces() throws {
        var writer = WireWriter(minimumCapacity: 0)
        writer.beginArray(3)
        writer.writeInt(1)
        try writer.writeEncoded(Wire.encode("two").array)
        try Wire.write(Record.example, into: &writer)
        #expect(writer.count > 3)
        let bytes = writer.finish()
        try bytes.withUnsafeBytes { (bytes) throws in
            var reader = WireReader(bytes)
            let kind = try reader.peekKind()
            let count = try reader.readArrayHead()
            let number = try reader.readInt()
            let text = try reader.readString()
            let record = try Wire.read(Record.self, from: &reader)
            let position = reader.position
            #expect(kind == .array && count == 3 && number == 1 && text == "two" && record == .example)
            #expect(position == bytes.count)
        }
    }
}

extension WireWriter {
    fileprivate mutating func writeEncoded(_ bytes: [UInt8]) throws {
        bytes.withUnsafeBytes { writeEncoded($0) }
    }
}
