//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Testing

@testable import ExecnetWire

/// Coding paths, and what types do that the rules of containers do not foresee.
struct CodablePathTests {
    @Test func codingPathIsKnownInside() throws {
        struct Spy: Codable {
            init() {}
            init(from decoder: any Decoder) throws {
                #expect(decoder.codingPath.map(\.stringValue) == ["a", "Index 1"])
                #expect(try decoder.container(keyedBy: Plain.self).codingPath.count == 2)
            }
            func encode(to encoder: any Encoder) throws {
                #expect(encoder.codingPath.map(\.stringValue) == ["a", "Index 1"])
                var container = encoder.container(keyedBy: Plain.self)
                let nested = container.nestedContainer(keyedBy: Plain.self, forKey: .k)
                #expect(nested.codingPath.map(\.stringValue) == ["a", "Index 1", "k"])
            }
            enum Plain: CodingKey { case k }
        }
        struct Outer: Codable { var a: [Spy?] = [nil, Spy()] }
        _ = try roundTrip(Outer())
    }

    @Test func errorsThatATypeRecoversFromLeaveNoTrace() throws {
        struct Careful: Encodable {
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Keys.self)
                try? container.encode(Value.array([1, .simple(24)]), forKey: .a)
                try? container.encode([Failing()], forKey: .b)
                try container.encode(1, forKey: .c)
                var list = container.nestedUnkeyedContainer(forKey: .d)
                try? list.encode(Failing())
                try list.encode(2)
            }
            enum Keys: CodingKey { case a, b, c, d }
        }
        struct Failing: Encodable {
            var channel = ChannelReference(id: 1)
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Careful.Keys.self)
                try container.encode(channel, forKey: .a)
                var nested = container.nestedContainer(keyedBy: Careful.Keys.self, forKey: .b)
                try nested.encode(1, forKey: .a)
                throw CancellationError()
            }
        }
        var writer = WireWriter()
        try Wire.write(Careful(), into: &writer)
        #expect(writer.channelReferences.isEmpty)
        #expect(try Wire.decode(Value.self, from: writer.finish()) == ["c": 1, "d": [2]])
        struct Alternatives: Decodable, Equatable {
            var found: [String]
            init(found: [String]) { self.found = found }
            init(from decoder: any Decoder) throws {
                var list = try decoder.unkeyedContainer()
                found = []
                while !list.isAtEnd {
                    if let record = try? list.decode(Record.self) {
                        found.append(record.name)
                    } else if let text = try? list.decode(String.self) {
                        found.append(text)
                    } else {
                        found.append("\(try list.decode(Value.self))")
                    }
                }
            }
        }
        let record = try Wire.decode(Value.self, from: Wire.encode(Record.example))
        let mixed = Value.array(["x", record, 1.5, ["id": 7], record])
        #expect(
            try Wire.decode(Alternatives.self, from: Wire.encode(mixed)).found
                == ["x", "record-00007", "1.5", "{'id': 7}", "record-00007"]
        )
    }

    @Test func misuseIsAnErrorOrLost() throws {
        final class Keep {
            var container: KeyedEncodingContainer<Keys>?
            var nested: (any UnkeyedEncodingContainer)?
            var decoder: (any Decoder)?
        }
        enum Keys: CodingKey { case a, b }
        struct Leaky: Codable {
            let keep: Keep
            init(keep: Keep) { self.keep = keep }
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Keys.self)
                keep.container = container
                keep.nested = container.nestedUnkeyedContainer(forKey: .a)
                try container.encode(1, forKey: .b)
            }
            init(from decoder: any Decoder) throws {
                keep = Keep()
                keep.decoder = decoder
            }
        }
        let keep = Keep()
        #expect(try Wire.decode(Value.self, from: Wire.encode([Leaky(keep: keep)])) == [["a": [], "b": 1]])
        #expect(throws: WireError.self) { try keep.container?.encode(1, forKey: .a) }
        #expect(throws: WireError.self) { try keep.nested?.encode(1) }
        let decoded = try decode([Leaky].self, hex("81a0"))
        let decoder = try #require(decoded.first?.keep.decoder)
        #expect(throws: (any Error).self) { try decoder.container(keyedBy: Keys.self) }
        #expect(throws: (any Error).self) { try decoder.unkeyedContainer() }
        #expect(throws: (any Error).self) { try decoder.singleValueContainer().decode(Int.self) }
        struct Both: Encodable {
            func encode(to encoder: any Encoder) throws {
                var list = encoder.unkeyedContainer()
                try list.encode(1)
                var map = encoder.container(keyedBy: Keys.self)
                try map.encode(1, forKey: .a)
            }
        }
        #expect(throws: WireError.self) { try Wire.encode(Both()) }
        struct Twice: Encodable {
            func encode(to encoder: any Encoder) throws {
                var single = encoder.singleValueContainer()
                try single.encode(1)
                try single.encode(2)
            }
        }
        #expect(throws: WireError.self) { try Wire.encode(Twice()) }
    }
}
