//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Foundation
import Testing

@testable import ExecnetWire

private class Animal: Codable {
    var name: String

    init(name: String) { self.name = name }
}

/// Shares its map with its superclass.
private final class Dog: Animal {
    var tricks: [String]

    private enum CodingKeys: CodingKey { case tricks }

    init(name: String, tricks: [String]) {
        self.tricks = tricks
        super.init(name: name)
    }

    required init(from decoder: any Decoder) throws {
        tricks = try decoder.container(keyedBy: CodingKeys.self).decode([String].self, forKey: .tricks)
        try super.init(from: decoder)
    }

    override func encode(to encoder: any Encoder) throws {
        try super.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(tricks, forKey: .tricks)
    }
}

/// Puts its superclass under the key `super`, which others have been written around.
private final class Cat: Animal {
    var lives: Int
    var owner: String

    private enum CodingKeys: CodingKey { case lives, owner }

    init(name: String, lives: Int, owner: String) {
        self.lives = lives
        self.owner = owner
        super.init(name: name)
    }

    required init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        lives = try container.decode(Int.self, forKey: .lives)
        owner = try container.decode(String.self, forKey: .owner)
        try super.init(from: container.superDecoder())
    }

    override func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(lives, forKey: .lives)
        let parent = container.superEncoder()
        try container.encode(owner, forKey: .owner)
        try super.encode(to: parent)
    }
}

private enum Shape: Codable, Equatable {
    case point
    case circle(radius: Double)
    case box(Int, height: Int)
    indirect case group([Shape], parent: Shape?)
}

private enum Level: Int, Codable { case low = 1, high }
private enum Name: String, Codable { case one, two }

private struct Tree: Codable, Equatable {
    var value: Int
    var children: [Tree]
}

private struct Everything: Codable, Equatable {
    var bool = true
    var ints: [Int8] = [-1, 2]
    var wide: [UInt64] = [.max]
    var float: Float = 1.5
    var text = "x"
    var missing: Int?
    var present: Int? = 5
    var nested: [String: [Int: Record]] = ["a": [1: .example]]
    var byLevel: [Level: String] = [.low: "l", .high: "h"]
    var byName: [Name: [Shape]] = [.one: [.point, .circle(radius: 2)]]
    var levels: Set<Level> = [.low, .high]
    var names: [Name?] = [.one, nil, .two]
    var records: [Record] = [.example, .example]
    var data = Data([1, 2, 3])
    var url = URL(string: "https://example.org")
    var date = Date(timeIntervalSinceReferenceDate: 1.5)
    var identifier = UUID(uuidString: "E621E1F8-C36C-495A-93FC-0C247A3E6E5F")
    var decimal = Decimal(string: "3.25")
    var range = 1..<5
    var bytes: [UInt8] = [9, 8]
    var slice = ArraySlice([1, 2]).map { $0 }
    var nothing = Empty()
}

private struct Empty: Codable, Equatable {}

/// Writes several nested containers in turns.
private struct Interleaved: Codable, Equatable {
    var rounds: Int

    enum Outer: String, CodingKey { case left, right, list, middle, after }
    enum Inner: Int, CodingKey { case number = 5, square }

    init(rounds: Int) { self.rounds = rounds }

    func encode(to encoder: any Encoder) throws {
        var outer = encoder.container(keyedBy: Outer.self)
        var left = outer.nestedContainer(keyedBy: Inner.self, forKey: .left)
        var right = outer.nestedContainer(keyedBy: Inner.self, forKey: .right)
        try left.encode(rounds, forKey: .number)
        try right.encode("r", forKey: .number)
        var list = outer.nestedUnkeyedContainer(forKey: .list)
        try outer.encode(Record.example, forKey: .middle)
        for round in 0..<rounds {
            try list.encode(round)
            var pair = list.nestedUnkeyedContainer()
            var map = list.nestedContainer(keyedBy: Inner.self)
            try pair.encode("p\(round)")
            try map.encode(round * round, forKey: .square)
            try pair.encode([round])
        }
        try right.encode([1.5, 2.5], forKey: .square)
        try outer.encode(true, forKey: .after)
        try left.encodeNil(forKey: .square)
    }

    init(from decoder: any Decoder) throws {
        let outer = try decoder.container(keyedBy: Outer.self)
        let right = try outer.nestedContainer(keyedBy: Inner.self, forKey: .right)
        let left = try outer.nestedContainer(keyedBy: Inner.self, forKey: .left)
        var list = try outer.nestedUnkeyedContainer(forKey: .list)
        #expect(try right.decode(String.self, forKey: .number) == "r")
        #expect(try outer.decode(Bool.self, forKey: .after))
        rounds = try left.decode(Int.self, forKey: .number)
        #expect(try left.decodeNil(forKey: .square))
        #expect(try right.decode([Double].self, forKey: .square) == [1.5, 2.5])
        for round in 0..<rounds {
            #expect(try list.decode(Int.self) == round)
            var pair = try list.nestedUnkeyedContainer()
            let map = try list.nestedContainer(keyedBy: Inner.self)
            #expect(try map.decode(Int.self, forKey: .square) == round * round)
            #expect(try pair.decode(String.self) == "p\(round)")
            #expect(try pair.decode([Int].self) == [round])
            #expect(pair.isAtEnd)
        }
        #expect(list.isAtEnd)
        #expect(try outer.decode(Record.self, forKey: .middle) == .example)
    }
}

struct CodableTests {
    @Test func superclassThatSharesTheMap() throws {
        let bytes = try Wire.encode(Dog(name: "Rex", tricks: ["sit", "roll"]))
        #expect(try Wire.decode(Value.self, from: bytes) == ["name": "Rex", "tricks": ["sit", "roll"]])
        let dog = try Wire.decode(Dog.self, from: bytes)
        #expect(dog.name == "Rex" && dog.tricks == ["sit", "roll"])
    }

    @Test func superclassUnderItsOwnKey() throws {
        let bytes = try Wire.encode(Cat(name: "Tom", lives: 9, owner: "Jo"))
        #expect(try Wire.decode(Value.self, from: bytes) == ["lives": 9, "super": ["name": "Tom"], "owner": "Jo"])
        let cat = try Wire.decode(Cat.self, from: bytes)
        #expect(cat.name == "Tom" && cat.lives == 9 && cat.owner == "Jo")
    }

    @Test func subclassBehindItsSuperclass() throws {
        let animals: [Animal] = [Dog(name: "Rex", tricks: []), Animal(name: "Pig")]
        #expect(
            try Wire.decode(Value.self, from: Wire.encode(animals)) == [
                ["name": "Rex", "tricks": []], ["name": "Pig"],
            ]
        )
    }

    @Test func enumsWithAssociatedValues() throws {
        let shapes: [Shape] = [
            .point, .circle(radius: 1.5), .box(3, height: 4),
            .group([.point, .group([], parent: nil)], parent: .point),
        ]
        #expect(try roundTrip(shapes) == shapes)
        #expect(
            try Wire.decode(Value.self, from: Wire.encode(Shape.box(3, height: 4))) == ["box": ["_0": 3, "height": 4]]
        )
        #expect(throws: WireError.self) { try decode(Shape.self, hex("a16161a0")) }
        #expect(throws: WireError.self) { try decode(Level.self, hex("09")) }
    }

    @Test func nestedAndOptional() throws {
        let everything = Everything()
        #expect(try roundTrip(everything) == everything)
        #expect(try roundTrip([everything, everything]) == [everything, everything])
        let tree = Tree(value: 1, children: [Tree(value: 2, children: []), Tree(value: 3, children: [])])
        #expect(try roundTrip(tree) == tree)
        #expect(try roundTrip([Int?]?.some([1, nil])) == [1, nil])
        #expect(try roundTrip(Optional<Record>.none) == nil)
        #expect(try roundTrip(["a": Record.example, "b": nil]) == ["a": .example, "b": nil])
    }

    @Test func everyIntegerInEveryContainer() throws {
        struct Numbers: Codable, Equatable {
            var a: Int8 = -8, b: Int16 = -16, c: Int32 = -32, d: Int64 = -64, e: Int128 = .min
            var f: UInt8 = 8, g: UInt16 = 16, h: UInt32 = 32, i: UInt64 = .max, j: UInt128 = .max, k: UInt = 1
            var l: Int8?, m: Int16? = 1, n: Float = 2, o: Float? = 3, p: Double? = 4, q: UInt64? = .max, r: Bool? = true
        }
        #expect(try roundTrip(Numbers()) == Numbers())
        struct Sequence: Codable, Equatable {
            init() {}
            init(from decoder: any Decoder) throws {
                var list = try decoder.unkeyedContainer()
                #expect(try list.decode(Int8.self) == -1)
                #expect(try list.decode(UInt64.self) == .max)
                #expect(try list.decode(Float.self) == 1)
                #expect(try list.decodeNil())
                #expect(try !list.decodeNil())
                #expect(try list.decode(String?.self) == "s")
                #expect(try list.decodeIfPresent(Int.self) == nil)
                #expect(list.currentIndex == 6 && list.count == 7)
                #expect(throws: (any Error).self) { try list.decode(String.self) }
                #expect(try list.superDecoder().singleValueContainer().decode(Bool.self))
                #expect(list.isAtEnd)
                #expect(throws: (any Error).self) { try list.decode(Int.self) }
            }
            func encode(to encoder: any Encoder) throws {
                var list = encoder.unkeyedContainer()
                try list.encode(-1 as Int8)
                try list.encode(UInt64.max)
                try list.encode(1 as Float)
                try list.encodeNil()
                try list.encode("s")
                try list.encodeNil()
                #expect(list.count == 6)
                var single = list.superEncoder().singleValueContainer()
                try single.encode(true)
            }
        }
        #expect(try roundTrip(Sequence()) == Sequence())
    }

    @Test(arguments: [0, 1, 10, 100])
    func interleavedSiblingContainers(_ rounds: Int) throws {
        #expect(try roundTrip(Interleaved(rounds: rounds)) == Interleaved(rounds: rounds))
        let list = [Interleaved(rounds: rounds), Interleaved(rounds: 2)]
        #expect(try roundTrip(list) == list)
    }

    @Test(arguments: [0, 1, 23, 24, 255, 256, 65_535, 65_536])
    func containersOfAnySize(_ count: Int) throws {
        struct List: Codable, Equatable {
            var count: Int
            init(count: Int) { self.count = count }
            func encode(to encoder: any Encoder) throws {
                var list = encoder.unkeyedContainer()
                for number in 0..<count { try list.encode(number) }
            }
            init(from decoder: any Decoder) throws {
                var list = try decoder.unkeyedContainer()
                count = 0
                while !list.isAtEnd {
                    guard try list.decode(Int.self) == count else { return }
                    count += 1
                }
            }
        }
        #expect(try roundTrip(List(count: count)) == List(count: count))
        #expect(try Wire.encode(List(count: count)) == Wire.encode(Array(0..<count)))
        struct Map: Codable, Equatable {
            var entries: [String: Int]
            struct Key: CodingKey {
                var stringValue: String
                var intValue: Int? { nil }
                init(stringValue: String) { self.stringValue = stringValue }
                init?(intValue: Int) { nil }
            }
            init(count: Int) { entries = Dictionary(uniqueKeysWithValues: (0..<count).map { ("k\($0)", $0) }) }
            func encode(to encoder: any Encoder) throws {
                var map = encoder.container(keyedBy: Key.self)
                for (key, value) in entries { try map.encode(value, forKey: Key(stringValue: key)) }
            }
            init(from decoder: any Decoder) throws {
                let map = try decoder.container(keyedBy: Key.self)
                // Out of order, which must not take time in proportion to the square.
                let keys = map.allKeys.sorted { $0.stringValue < $1.stringValue }
                entries = [:]
                for key in keys { entries[key.stringValue] = try map.decode(Int.self, forKey: key) }
            }
        }
        #expect(try roundTrip(Map(count: count)) == Map(count: count))
    }

    @Test func dataIsAByteString() throws {
        #expect(try hex(Wire.encode(Data([1, 2, 3])).array) == "43010203")
        #expect(try hex(Wire.encode(Data()).array) == "40")
        #expect(try decode(Data.self, hex("83010203")) == Data([1, 2, 3]))
        #expect(try decode(Data.self, hex("5f42010243030405ff")) == Data([1, 2, 3, 4, 5]))
        struct Spread: Encodable {
            func encode(to encoder: any Encoder) throws {
                var list = encoder.unkeyedContainer()
                try list.encode(contentsOf: [1, 200] as [UInt8])
                try list.encode("x")
                try list.encode(contentsOf: [3] as [UInt8])
            }
        }
        #expect(try Wire.decode(Value.self, from: Wire.encode(Spread())) == [1, 200, "x", 3])
        let error = #expect(throws: WireError.self) { try decode([String?].self, hex("43010203")) }
        #expect(error?.code == .typeMismatch)
    }

    @Test func keysThatAreNumbers() throws {
        struct Pair: Codable, Equatable {
            var one: String
            var two: String?
            enum CodingKeys: Int, CodingKey { case one = 1, two }
        }
        #expect(try Wire.decode(Value.self, from: Wire.encode(Pair(one: "a", two: "b"))) == [1: "a", 2: "b"])
        #expect(try roundTrip(Pair(one: "a")) == Pair(one: "a"))
        #expect(try decode(Pair.self, hex("a2636f6e6561610261" + "62")) == Pair(one: "a", two: "b"))
        struct Box: Codable, Equatable { var n: Int }
        #expect(try Wire.decode(Value.self, from: Wire.encode([7: Box(n: 1)])) == [7: ["n": 1]])
        #expect(try roundTrip([7: Box(n: 1)]) == [7: Box(n: 1)])
        #expect(try roundTrip(["007": Box(n: 1)]) == ["007": Box(n: 1)])
        #expect(try roundTrip([Name.one: Box(n: 1)]) == [.one: Box(n: 1)])
        #expect(try Wire.decode(Value.self, from: Wire.encode([Name.one: 1])) == ["one": 1])
        // Numbers among so many keys that they are looked up in a table.
        var large = ValueMap((0..<200).map { (key: Value.int($0 + 10), value: Value.null) })
        large[1] = "a"
        large[2] = "b"
        #expect(try Wire.decode(Pair.self, from: Wire.encode(Value.map(large))) == Pair(one: "a", two: "b"))
        // Dictionaries that write themselves use text.
        struct Own: Codable, Equatable {
            var map: [String: Box]
            init(map: [String: Box]) { self.map = map }
            func encode(to encoder: any Encoder) throws { try map.encode(to: encoder) }
            init(from decoder: any Decoder) throws { map = try [String: Box](from: decoder) }
        }
        #expect(
            try roundTrip(Own(map: ["1": Box(n: 1), "01": Box(n: 2)])) == Own(map: ["1": Box(n: 1), "01": Box(n: 2)])
        )
    }

    @Test func keysInAnyOrderAndUnknownOnes() throws {
        let value: Value = [
            "unknown": [1, ["x": .tagged(5, [2])]], "meta": ["blob": .bytes([1, 2, 255]), "extra": 1, "k1": 300],
            "active": true,
            5: 6, [1]: 2, "pos": [0.5, -1], "tags": ["alpha", "beta"], "name": "record-00007", "id": 7,
        ]
        let bytes = try Wire.encode(value)
        #expect(try Wire.decode(Record.self, from: bytes) == .example)
        #expect(
            try Wire.decode([Record].self, from: Wire.encode(Value.array([value, value]))) == [.example, .example]
        )
        var endless = bytes.array
        endless[0] = 0xBF
        #expect(try decode(Record.self, endless + [0xFF]) == .example)
    }

    @Test func errorsSayWhere() throws {
        func error<Item: Decodable>(_ type: Item.Type, _ value: Value) -> WireError? {
            #expect(throws: WireError.self) { try Wire.decode(type, from: Wire.encode(value)) }
        }
        var good = try Wire.decode(Value.self, from: Wire.encode(Record.example)).map ?? [:]
        good["meta"] = ["k1": "no", "blob": .bytes([])]
        let wrong = error([Record].self, [.map(good)])
        #expect(wrong?.code == .typeMismatch)
        #expect(wrong?.codingPath == "[0].meta.k1")
        good["meta"] = ["blob": .bytes([])]
        let missing = error([String: [Record]].self, ["list": [.map(good)]])
        #expect(missing?.code == .missingKey)
        #expect(missing?.codingPath == "list[0].meta")
        #expect(missing?.message.contains("\"k1\"") == true)
        good["meta"] = 5
        #expect(error(Record.self, .map(good))?.codingPath == "meta")
        #expect(error(Record.self, 5)?.code == .typeMismatch)
        #expect(
            error(Tree.self, ["value": 300, "children": [["value": nil, "children": []]]])?.codingPath
                == "children[0].value"
        )
        #expect(error([Int8?: Tree].self, 3)?.code == .typeMismatch)
        #expect(error(Record.self, .map(good))?.description.contains("meta") == true)
        struct Picky: Codable {
            init() {}
            init(from decoder: any Decoder) throws { throw CancellationError() }
            func encode(to encoder: any Encoder) throws { throw CancellationError() }
        }
        #expect(error(Picky.self, 1)?.code == .custom)
        #expect(error(Picky.self, 1)?.cause is CancellationError)
        let custom = #expect(throws: WireError.self) { try Wire.encode([Picky()]) }
        #expect(custom?.code == .custom && custom?.cause is CancellationError)
        struct Unfit: Encodable { var inner: [Value] = [.simple(24)] }
        let unfit = #expect(throws: WireError.self) { try Wire.encode(["a": [Unfit()]]) }
        #expect(unfit?.code == .unsupportedValue)
        #expect(unfit?.codingPath == "a[0].inner")
        #expect(unfit?.message.contains("can't serialize") == true)
    }

    @Test func contextIsHandedOn() throws {
        final class Context { var seen = 0 }
        struct Asks: Codable {
            init() {}
            init(from decoder: any Decoder) throws { (decoder.userInfo[.wireContext] as? Context)?.seen += 1 }
            func encode(to encoder: any Encoder) throws {
                (encoder.userInfo[.wireContext] as? Context)?.seen += 1
                var list = encoder.unkeyedContainer()
                (list.superEncoder().userInfo[.wireContext] as? Context)?.seen += 1
            }
        }
        let context = Context()
        let bytes = try Wire.encode(["a": [Asks()]], context: context)
        #expect(context.seen == 2)
        _ = try Wire.decode([String: [Asks]].self, from: bytes, context: context)
        #expect(context.seen == 3)
        var writer = WireWriter(context: context)
        #expect(writer.context === context)
        try Wire.write(Asks(), into: &writer)
        #expect(writer.context === context && context.seen == 5)
    }

    @Test func theDirectPathIsFoundAtRunTime() throws {
        func encode(_ value: any Encodable) throws -> [UInt8] { try Wire.encode(value).array }
        #expect(try hex(encode([1, 2] as [UInt8])) == "420102")
        #expect(try hex(encode(["a": [Double]()])) == "a1616180")
        #expect(try hex(encode(Set([1]))) == "d901028101")
        #expect(try encode(Record.example) == Wire.encode(Record.example).array)
    }
}
