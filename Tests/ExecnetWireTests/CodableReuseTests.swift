//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Testing

@testable import ExecnetWire

/// Containers that are used again for the next value of a type.
struct CodableReuseTests {
    /// Containers are used again for the next value of a type, but not while somebody has them.
    @Test func containersThatAreKeptAreNotUsedAgain() throws {
        final class Keep {
            var encoding: [KeyedEncodingContainer<Keys>] = []
            var decoding: [KeyedDecodingContainer<Keys>] = []
        }
        enum Keys: CodingKey { case a, b }
        struct Greedy: Codable {
            var number: Int
            init(number: Int) { self.number = number }
            func encode(to encoder: any Encoder) throws {
                let keep = try #require(encoder.userInfo[.wireContext] as? Keep)
                var container = encoder.container(keyedBy: Keys.self)
                try container.encode(number, forKey: .a)
                if number % 2 == 1 { keep.encoding.append(container) }
                for index in keep.encoding.indices.dropLast(number % 2) {
                    #expect(throws: WireError.self) { try keep.encoding[index].encode(1, forKey: .b) }
                }
            }
            init(from decoder: any Decoder) throws {
                let keep = try #require(decoder.userInfo[.wireContext] as? Keep)
                let container = try decoder.container(keyedBy: Keys.self)
                number = try container.decode(Int.self, forKey: .a)
                if number % 2 == 1 { keep.decoding.append(container) }
                for (index, kept) in keep.decoding.enumerated() {
                    #expect(try kept.decode(Int.self, forKey: .a) == 2 * index + 1)
                }
            }
        }
        let keep = Keep()
        let numbers = Array(0..<20)
        let encoded = try Wire.encode(numbers.map { Greedy(number: $0) }, context: keep)
        #expect(try Wire.decode([[String: Int]].self, from: encoded) == numbers.map { ["a": $0] })
        #expect(throws: WireError.self) { try keep.encoding[9].encode(1, forKey: .b) }
        #expect(try Wire.decode([Greedy].self, from: encoded, context: keep).map(\.number) == numbers)
        #expect(throws: (any Error).self) { try keep.decoding[9].decode(Int.self, forKey: .a) }
    }

    /// Keys are written and compared as they were the first time, if they are short and few.
    @Test func keysOfManyValuesOfOneType() throws {
        struct Single: Codable, Equatable { var only: Int }
        struct Long: Codable, Equatable {
            var short: Int
            var aNameOfTwentyThreeBytes: Int?
            var aNameThatIsLongerThanTwentyFourBytes: Int
            var single: Single
        }
        struct Numbered: Codable, Equatable {
            var one: String
            var two: Long?
            enum CodingKeys: Int, CodingKey { case one = 1, two }
        }
        struct Wide: Codable, Equatable {
            var values: [Int]
            init(values: [Int]) { self.values = values }
            struct Key: CodingKey {
                let number: UInt8
                init?(intValue: Int) { number = UInt8(intValue) }
                init?(stringValue: String) { nil }
                var intValue: Int? { nil }
                var stringValue: String { "key \(number)" }
            }
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Key.self)
                for (index, value) in values.enumerated() {
                    try container.encode(value, forKey: try #require(Key(intValue: index)))
                }
            }
            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: Key.self)
                values = try (0..<40).map { try container.decode(Int.self, forKey: try #require(Key(intValue: $0))) }
            }
        }
        let records = (0..<12).map { index in
            let long = Long(
                short: index,
                aNameOfTwentyThreeBytes: index % 3 == 0 ? nil : index,
                aNameThatIsLongerThanTwentyFourBytes: -index,
                single: Single(only: index)
            )
            return Numbered(one: "\(index)", two: index % 4 == 0 ? nil : long)
        }
        #expect(try roundTrip(records) == records)
        // Keys in another order than before, and too near the end for a comparison in words.
        let reversed: [Value] = records.map { record in
            guard let long = record.two else { return [1: .string(record.one)] }
            var map: ValueMap = ["single": ["only": .int(Int64(long.single.only))]]
            map["aNameThatIsLongerThanTwentyFourBytes"] = .int(Int64(long.aNameThatIsLongerThanTwentyFourBytes))
            map["aNameOfTwentyThreeBytes"] = long.aNameOfTwentyThreeBytes.map { .int(Int64($0)) } ?? .null
            map["short"] = .int(Int64(long.short))
            return [2: .map(map), 1: .string(record.one)]
        }
        let plain = try Wire.decode(Value.self, from: Wire.encode(records))
        #expect(try Wire.decode([Numbered].self, from: Wire.encode(Value.array(reversed))) == records)
        #expect(try Wire.decode([Numbered].self, from: Wire.encode(plain)) == records)
        let wide = (0..<8).map { row in Wide(values: (0..<40).map { $0 * row }) }
        #expect(try roundTrip(wide) == wide)
    }

    /// What is kept for reuse refers to what keeps it until the end, also if the end is an error.
    @Test func nothingIsLeftBehind() throws {
        final class Seen {
            weak var encoding: WireEncodingState?
            weak var decoding: WireDecodingState?
        }
        enum Keys: CodingKey { case a }
        struct Spy: Codable {
            var fails: Bool
            init(fails: Bool = false) { self.fails = fails }
            func encode(to encoder: any Encoder) throws {
                let seen = try #require(encoder.userInfo[.wireContext] as? Seen)
                seen.encoding = try #require(encoder as? WireBridgeEncoder).state
                var container = encoder.container(keyedBy: Keys.self)
                try container.encode(fails, forKey: .a)
                if fails { throw CancellationError() }
            }
            init(from decoder: any Decoder) throws {
                let seen = try #require(decoder.userInfo[.wireContext] as? Seen)
                seen.decoding = try #require(decoder as? WireBridgeDecoder).state
                fails = try decoder.container(keyedBy: Keys.self).decode(Bool.self, forKey: .a)
                if fails { throw CancellationError() }
            }
        }
        let seen = Seen()
        let spies = (0..<10).map { _ in Spy() }
        let encoded = try Wire.encode(spies, context: seen)
        _ = try Wire.decode([Spy].self, from: encoded, context: seen)
        #expect(seen.encoding == nil && seen.decoding == nil)
        #expect(throws: WireError.self) { try Wire.encode(spies + [Spy(fails: true)], context: seen) }
        let failing = try Wire.encode((0..<10).map { ["a": $0 == 9] })
        #expect(throws: WireError.self) { try Wire.decode([Spy].self, from: failing, context: seen) }
        #expect(seen.encoding == nil && seen.decoding == nil)
    }
}
