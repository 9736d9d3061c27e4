//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetTestSupport
import Testing

@testable import ExecnetWire

private struct Deep: Codable {
    var next: [Deep]
}

private struct Mixed: Codable {
    enum Kind: Codable { case one(Int), two([String: Double]), three(Data, more: [Data]) }
    struct Data: Codable { var bytes: [UInt8], numbers: [Float], set: Set<String> }

    var kinds: [Kind]
    var values: [Int: Value]
    var array: NumericArray?
    var channel: ChannelReference?
    var text: String

    static let example = Mixed(
        kinds: [.one(1), .two(["a": 2.5]), .three(Data(bytes: [1], numbers: [1], set: ["x"]), more: [])],
        values: [1: [1, "a"], 2: .tuple([.set([nil])])],
        array: NumericArray([1, 2] as [Int32]),
        channel: ChannelReference(id: 5),
        text: "größe"
    )
}

struct RobustnessTests {
    /// Everything that bytes from a stranger may be decoded as.
    static let types: [any (Decodable & Sendable).Type] = [
        Value.self, Record.self, [Record].self, Mixed.self, Deep.self, [Int].self, [UInt8].self, [Double].self,
        String.self,
        [String: Double].self, [String: Record].self, [Int: [Value]].self, Set<Int>.self, NumericArray.self,
        Int128.self,
        [String: [String]].self, ChannelReference.self, BigInteger.self, [Bool?].self,
    ]

    /// How many of the types the bytes can be decoded as.
    static func attempt(_ bytes: [UInt8], as types: some Sequence<any (Decodable & Sendable).Type> = types) -> Int {
        var successes = 0
        for type in types {
            do throws(WireError) {
                _ = try decode(type, bytes)
                successes += 1
            } catch {
                _ = error.code
            }
        }
        return successes
    }

    static let messages: [[UInt8]] = {
        var random = SplitMix(state: 42)
        let values = (0..<20).map { _ in randomValue(&random) }
        let encoded =
            try? values.map { try Wire.encode($0).array }
            + [
                Wire.encode([Record.example, Record.example]).array, Wire.encode(Mixed.example).array,
                Wire.encode(["a": 1.5, "b": 2]).array, Wire.encode([1, 1000, -100_000]).array,
                Wire.encode(Deep(next: [Deep(next: []), Deep(next: [])])).array,
            ]
        return encoded ?? []
    }()

    @Test func everyPrefixOfAValidMessageIsAnError() {
        #expect(!Self.messages.isEmpty)
        for message in Self.messages {
            for count in 0..<message.count {
                #expect(Self.attempt([UInt8](message[..<count])) == 0)
            }
            #expect(Self.attempt(message) > 0)
        }
    }

    @Test func randomBytesAreAnErrorOrAValue() {
        var random = SplitMix(state: 7)
        var successes = 0
        for round in 0..<100_000 {
            let bytes = (0..<Int(random.next() % 24)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            // As a value, as a Codable type, and as the others in turn.
            let other = Self.types[2 + round % (Self.types.count - 2)]
            successes += Self.attempt(bytes, as: [Value.self, Record.self, other])
        }
        #expect(successes > 0)
    }

    @Test func mutatedMessagesAreAnErrorOrAValue() throws {
        var random = SplitMix(state: 8)
        for _ in 0..<300 {
            for message in Self.messages where !message.isEmpty {
                var bytes = message
                for _ in 0...Int(random.next() % 3) {
                    let index = Int(random.next() % UInt64(bytes.count))
                    switch random.next() % 4 {
                    case 0: bytes[index] = UInt8(truncatingIfNeeded: random.next())
                    case 1: bytes[index] ^= 1 << UInt8(random.next() % 8)
                    case 2: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: index)
                    default: if bytes.count > 1 { bytes.remove(at: index) }
                    }
                }
                _ = Self.attempt(bytes)
                if let value = try? decode(Value.self, bytes) { #expect(try roundTrip(value) == value) }
            }
        }
    }

    @Test func announcedLengthsReserveNoMoreThanTheBytesJustify() throws {
        for head in ["9b0000010000000000", "bb0000010000000000", "9a7fffffff", "ba7fffffff", "5b0000010000000000"] {
            for tail in ["", "01", "6161" + "01"] { #expect(Self.attempt(hex(head + tail)) == 0) }
        }
        // A head within its bytes, nested as deep as is allowed: all reservations together stay bounded.
        let bytes = [UInt8](repeating: 0, count: 1000)
        bytes.withUnsafeBytes { bytes in
            var reader = WireReader(bytes)
            let total = (0..<128).reduce(0) { sum, _ in sum + reader.reservation(1000, stride: 24) * 24 }
            #expect(total <= 33 * bytes.count)
        }
        let limited = #expect(throws: WireError.self) {
            try decode([Int].self, hex("9b0000010000000000"), limits: WireLimits(length: 1000))
        }
        #expect(limited?.code == .lengthExceeded)
    }

    @Test func depthIsLimited() throws {
        let limit = 128
        for (open, close) in [
            ("81", "80"), ("a101", "a0"), ("c6", "00"), ("9f", ""), ("d9010281", "80"), ("d9656581", "80"),
        ] {
            let bytes = hex(String(repeating: open, count: 100_000) + close)
            for type in Self.types { #expect(throws: WireError.self) { try decode(type, bytes) } }
            let code = #expect(throws: WireError.self) { try decode(Value.self, bytes) }?.code
            #expect(code == .depthExceeded)
            #expect(throws: WireError.self) {
                try bytes.withUnsafeBytes { bytes in
                    var reader = WireReader(bytes)
                    try reader.skip()
                }
            }
        }
        func nested(_ depth: Int) -> [UInt8] { [UInt8](repeating: 0x81, count: depth - 1) + [0x80] }
        #expect(throws: Never.self) { try decode(Value.self, nested(limit)) }
        #expect(throws: WireError.self) { try decode(Value.self, nested(limit + 1)) }
        #expect(throws: Never.self) { try decode(Value.self, nested(5), limits: WireLimits(depth: 5)) }
        #expect(throws: WireError.self) { try decode(Value.self, nested(6), limits: WireLimits(depth: 5)) }
    }

    @Test func depthIsLimitedForCodableTypes() throws {
        func deep(_ depth: Int) -> Deep { depth == 1 ? Deep(next: []) : Deep(next: [deep(depth - 1)]) }
        // Each level is a map and an array.
        #expect(throws: Never.self) { try roundTrip(deep(64)) }
        #expect(throws: WireError.self) { try Wire.encode(deep(65)) }
        var writer = WireWriter(depth: 1000)
        try Wire.write(deep(400), into: &writer)
        let bytes = writer.finish()
        #expect(throws: WireError.self) { try Wire.decode(Deep.self, from: bytes) }
        #expect(throws: Never.self) { try Wire.decode(Deep.self, from: bytes, limits: WireLimits(depth: 1000)) }
    }

    @Test func whatIsWrittenIsNoDeeperThanWhatIsRead() throws {
        var value: Value = []
        for _ in 0..<127 { value = [value] }
        #expect(try roundTrip(value) == value)
        #expect(throws: WireError.self) { try Wire.encode([value]) }
        #expect(throws: WireError.self) { try Wire.encode(["a": value]) }
        var tagged: Value = 1
        for _ in 0..<128 { tagged = .tagged(6, tagged) }
        #expect(try roundTrip(tagged) == tagged)
        #expect(throws: WireError.self) { try Wire.encode(Value.tuple([tagged])) }
    }

    @Test func aValueThatContainsItselfIsAnError() {
        final class Loop: Encodable {
            var next: Loop?
            init() { next = self }
        }
        let loop = Loop()
        defer { loop.next = nil }
        let error = #expect(throws: WireError.self) { try Wire.encode(loop) }
        #expect(error?.code == .depthExceeded)
    }

    @Test func lengthAndSizeAreLimited() {
        func code<Item: Decodable>(_ type: Item.Type, _ bytes: [UInt8], _ limits: WireLimits) -> WireError.Code? {
            do throws(WireError) {
                _ = try decode(type, bytes, limits: limits)
                return nil
            } catch {
                return error.code
            }
        }
        let ten = WireLimits(length: 10)
        for type in [Value.self, [UInt8].self] as [any Decodable.Type] {
            #expect(code(type, [0x4A] + [UInt8](repeating: 0, count: 10), ten) == nil)
            #expect(code(type, [0x4B] + [UInt8](repeating: 0, count: 11), ten) == .lengthExceeded)
            #expect(code(type, [0x5F, 0x46, 1, 2, 3, 4, 5, 6, 0x45, 1, 2, 3, 4, 5, 0xFF], ten) == .lengthExceeded)
        }
        #expect(code(String.self, [0x6B] + [UInt8](repeating: 65, count: 11), ten) == .lengthExceeded)
        for type in [Value.self, [Int].self, Record.self] as [any Decodable.Type] {
            #expect(code(type, [0x8B] + [UInt8](repeating: 0, count: 11), ten) != nil)
        }
        #expect(code([Int].self, [0x8B] + [UInt8](repeating: 0, count: 11), ten) == .lengthExceeded)
        #expect(code([Record].self, [0x8B] + [UInt8](repeating: 0, count: 11), ten) == .lengthExceeded)
        #expect(code(Value.self, [0xAB] + [UInt8](repeating: 0, count: 22), ten) == .lengthExceeded)
        let small = WireLimits(size: 10)
        #expect(code(Value.self, [0x89] + [UInt8](repeating: 0, count: 9), small) == nil)
        #expect(code(Value.self, [0x8A] + [UInt8](repeating: 0, count: 10), small) == .sizeExceeded)
        #expect(code(Record.self, [0x8A] + [UInt8](repeating: 0, count: 10), small) == .sizeExceeded)
    }

    @Test func randomValuesComeBack() throws {
        var random = SplitMix(state: 99)
        for _ in 0..<3000 {
            let value = randomValue(&random)
            #expect(try roundTrip(value) == value)
        }
    }
}
