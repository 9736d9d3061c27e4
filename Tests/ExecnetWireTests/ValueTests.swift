//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire
import Foundation
import Testing

struct ValueTests {
    @Test func equalityIsLawful() {
        let nan = Value.double(.nan)
        #expect(nan == nan)
        #expect(Set([nan, nan]).count == 1)
        #expect(Value.double(0) == .double(-0.0))
        #expect(Value.double(0).hashValue == Value.double(-0.0).hashValue)
        #expect(Value.int(1) != .double(1))
        #expect(Value.array([1]) != .tuple([1]))
        #expect((["a": 1, "b": 2] as Value) != ["b": 2, "a": 1])
        #expect(Value.complex(real: .nan, imaginary: 1) == .complex(real: .nan, imaginary: 1))
    }

    @Test func literalsAndAccessors() {
        let value: Value = ["a": [1, 2.5, "x", nil, true], "b": ["c": "d"], "a": [7]]
        #expect(value["a"]?[0]?.int == 7)
        #expect(value["b"]?["c"]?.string == "d")
        #expect(value["z"] == nil)
        #expect(value[0] == nil)
        #expect(value.map?.count == 3)
        #expect(Value.tuple([1, 2]).array == [1, 2])
        #expect(Value.int(3).double == 3)
        #expect(Value.bytes([1]).bytes == [1])
        #expect(Value(true).bool == true)
        #expect(Value.null.isNull && Value.undefined.isNull && !Value.int(0).isNull)
        #expect(Value.channel(ChannelReference(id: 5)).channel?.id == 5)
        #expect((["k": 1] as Value)[Value.string("k")] == 1)
    }

    @Test func mapsKeepWhatWasSent() throws {
        let value = try decode(Value.self, hex("a3616101616202616103"))
        #expect(value.map?.count == 3)
        #expect(value["a"] == 3)
        #expect(try hex(Wire.encode(value).array) == "a3616101616202616103")
        #expect(try decode([String: Int].self, hex("a3616101616202616103")) == ["a": 3, "b": 2])
        #expect(try decode([Int: Int].self, hex("a201010102")) == [1: 2])
    }

    @Test func mapsCanBeChanged() {
        var map: ValueMap = ["a": 1, "b": 2]
        map["a"] = 5
        map["c"] = 6
        map["b"] = nil
        #expect(map == ["a": 5, "c": 6])
        #expect(map.keys == ["a", "c"])
        #expect(map.values == [5, 6])
    }

    @Test func describesItselfAsPythonDoes() {
        let value: Value = [
            nil, true, 1, -2.5, "it's \"x\"\n", .bytes([0, 65, 255]), .tuple([1]), .tuple([]), .set([]), .set([1]),
            .frozenSet([]), .frozenSet([1, 2]), ["k": []], "a'b",
        ]
        let text =
            #"[None, True, 1, -2.5, 'it\'s "x"\n', b'\x00A\xff', (1,), (), set(), {1}, "#
            + #"frozenset(), frozenset({1, 2}), {'k': []}, "a'b"]"#
        #expect(value.description == text)
        #expect(Value.double(1e16).description == "1e+16")
    }

    @Test(arguments: [
        Value.null, .undefined, .bool(true), .int(.min), .int(.max), .double(.nan), .double(-0.0), "x", .bytes([1, 2]),
        [1, [2]], ["a": ["b": 1]], .tuple([1, "a"]), .set([1, 2]), .frozenSet([]), .complex(real: 1, imaginary: -2),
        .numericArray(NumericArray([1, 2, 3])), .channel(ChannelReference(id: 9)), .simple(3), .simple(99),
        .tagged(4711, ["x"]), Value(Int128.max), [.tuple([1]): 2], .tagged(55799, 1),
        .tuple([.tuple([]), .array([]), .map([:]), .set([]), .frozenSet([]), .bytes([]), ""]), [.tuple([]): .tuple([])],
        .integer(BigInteger(isNegative: true, magnitude: [1] + [UInt8](repeating: 0, count: 5_000))),
    ])
    func item54EveryKindComesBack(_ value: Value) throws {
        #expect(try roundTrip(value) == value)
        #expect(try roundTrip(Wrapped(value: value)).value == value)
    }

    @Test(arguments: [
        Value.null, .bool(true), .int(7), .double(1.5), "x", .bytes([1, 2]), [1, [2.5]], ["a": ["b": 1]],
        .tuple([1, "a"]),
        .set([1, 2]), .complex(real: 1, imaginary: -2), .numericArray(NumericArray([1, 2, 3])), Value(Int128.max),
        .channel(ChannelReference(id: 9)), ["$cbor": [1]], .tagged(4711, ["x"]), .double(.infinity), [1: 2], .undefined,
    ])
    func passesThroughJSON(_ value: Value) throws {
        let data = try JSONEncoder().encode(["v": value])
        #expect(try JSONDecoder().decode([String: Value].self, from: data) == ["v": value])
    }

    @Test func otherTypesPassThroughJSON() throws {
        func check<Item: Codable & Equatable>(_ item: Item) throws {
            #expect(try JSONDecoder().decode([Item].self, from: JSONEncoder().encode([item])) == [item])
        }
        try check(ChannelReference(id: 7))
        try check(BigInteger(Int128.min))
        try check(NumericArray([1.5, 2]))
    }

    @Test func tagsOfThisFormatNeedTheirContent() {
        for bytes in ["d9010201", "d9656501", "d9656601", "d9a7f88101", "d9a7f801", "d9656361", "d8566161"] {
            #expect(throws: WireError.self, "\(bytes)") { try decode(Value.self, hex(bytes)) }
        }
    }

    @Test func item55EncodingsArePinned() throws {
        #expect(try hex(Wire.encode(Value.set([1])).array) == "d901028101")
        #expect(try hex(Wire.encode(Value.tuple([1])).array) == "d965658101")
        #expect(try hex(Wire.encode(Value.frozenSet([1])).array) == "d965668101")
        #expect(try hex(Wire.encode(Value.channel(ChannelReference(id: 300))).array) == "d9656319012c")
        let complex = try Wire.encode(Value.complex(real: 1, imaginary: 2))
        #expect(hex(complex.array) == "d9a7f882fb3ff0000000000000fb4000000000000000")
        #expect(try decode(Value.self, hex("d9a7f8820102")) == .complex(real: 1, imaginary: 2))
    }

    @Test func simpleNumbersThatMeanSomethingElseAreRefused() {
        for number in [20, 23, 24, 31] as [UInt8] {
            #expect(throws: WireError.self) { try Wire.encode(Value.simple(number)) }
        }
    }

    private struct Wrapped: Codable {
        var value: Value
    }
}
