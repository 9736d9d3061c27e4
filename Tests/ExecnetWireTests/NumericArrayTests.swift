//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire
import Testing

/// The kinds of RFC 8746: the tag, two elements as bytes, and what they are.
struct NumericVector: Sendable, CustomTestStringConvertible {
    let tag: UInt64
    let bytes: String
    let numbers: [NumericArray.Number]

    var testDescription: String { "tag \(tag)" }

    var encoded: [UInt8] {
        let content = hex(bytes)
        return [0xD8, UInt8(tag), 0x40 | UInt8(content.count)] + content
    }

    static let all: [NumericVector] = [
        NumericVector(tag: 64, bytes: "01ff", numbers: [.unsigned(1), .unsigned(255)]),
        NumericVector(tag: 65, bytes: "0001ff00", numbers: [.unsigned(1), .unsigned(65280)]),
        NumericVector(tag: 66, bytes: "00000001ff000000", numbers: [.unsigned(1), .unsigned(0xFF00_0000)]),
        NumericVector(
            tag: 67,
            bytes: "0000000000000001ffffffffffffffff",
            numbers: [.unsigned(1), .unsigned(.max)]
        ),
        NumericVector(tag: 68, bytes: "01ff", numbers: [.unsigned(1), .unsigned(255)]),
        NumericVector(tag: 69, bytes: "010000ff", numbers: [.unsigned(1), .unsigned(65280)]),
        NumericVector(tag: 70, bytes: "01000000000000ff", numbers: [.unsigned(1), .unsigned(0xFF00_0000)]),
        NumericVector(
            tag: 71,
            bytes: "0100000000000000ffffffffffffffff",
            numbers: [.unsigned(1), .unsigned(.max)]
        ),
        NumericVector(tag: 72, bytes: "01ff", numbers: [.signed(1), .signed(-1)]),
        NumericVector(tag: 73, bytes: "0001fffe", numbers: [.signed(1), .signed(-2)]),
        NumericVector(tag: 74, bytes: "00000001fffffffe", numbers: [.signed(1), .signed(-2)]),
        NumericVector(tag: 75, bytes: "0000000000000001fffffffffffffffe", numbers: [.signed(1), .signed(-2)]),
        NumericVector(tag: 77, bytes: "0100feff", numbers: [.signed(1), .signed(-2)]),
        NumericVector(tag: 78, bytes: "01000000feffffff", numbers: [.signed(1), .signed(-2)]),
        NumericVector(tag: 79, bytes: "0100000000000000feffffffffffffff", numbers: [.signed(1), .signed(-2)]),
        NumericVector(tag: 80, bytes: "3c00c400", numbers: [.float(1), .float(-4)]),
        NumericVector(tag: 81, bytes: "3f800000c0800000", numbers: [.float(1), .float(-4)]),
        NumericVector(tag: 82, bytes: "3ff0000000000000c010000000000000", numbers: [.float(1), .float(-4)]),
        NumericVector(tag: 84, bytes: "003c00c4", numbers: [.float(1), .float(-4)]),
        NumericVector(tag: 85, bytes: "0000803f000080c0", numbers: [.float(1), .float(-4)]),
        NumericVector(tag: 86, bytes: "000000000000f03f00000000000010c0", numbers: [.float(1), .float(-4)]),
    ]
}

struct NumericArrayTests {
    @Test(arguments: NumericVector.all)
    func readsEveryKindOfRFC8746(_ vector: NumericVector) throws {
        let value = try decode(Value.self, vector.encoded)
        let array = try #require(value.numericArray)
        #expect(try array.numbers() == vector.numbers)
        #expect(try roundTrip(value) == value)
    }

    @Test func writesLittleEndian() throws {
        #expect(hex(try Wire.encode(NumericArray([1.0])).array) == "d85648000000000000f03f")
        #expect(hex(try Wire.encode(NumericArray([1, 2] as [Int16])).array) == "d84d4401000200")
    }

    @Test(arguments: [83, 87] as [UInt8])
    func keepsNumbersOf128Bits(_ tag: UInt8) throws {
        let value = try decode(Value.self, [0xD8, tag, 0x50] + [UInt8](0..<16))
        let array = try #require(value.numericArray)
        #expect(array.kind == .float128)
        #expect(array.bytes == (tag == 87 ? [UInt8](0..<16) : (0..<16).reversed()))
        #expect(throws: WireError.self) { try array.number(at: 0) }
        #expect(throws: WireError.self) { try array.values(as: Double.self) }
    }

    @Test func refusesAPartOfANumber() {
        #expect(throws: WireError.self) { try decode(Value.self, hex("d8564101")) }
        #expect(throws: WireError.self) { try decode(NumericArray.self, hex("d8564101")) }
        #expect(NumericArray(kind: .float64, bytes: [1]) == nil)
    }

    @Test func reservedTagIsPlain() throws {
        #expect(try decode(Value.self, hex("d84c4101")) == .tagged(76, .bytes([1])))
    }

    @Test func valuesOfTheSameKindAreCopied() throws {
        let numbers = (0..<1000).map { Double($0) / 3 }
        #expect(try roundTrip(NumericArray(numbers)).values() == numbers)
        #expect(try roundTrip(NumericArray([Int8.min, 0, .max])).values() == [Int8.min, 0, .max])
        #expect(try NumericArray([] as [Double]).values(as: Double.self).isEmpty)
    }

    @Test func valuesOfOtherKindsAreConverted() throws {
        let array = NumericArray([1, 2, 300] as [Int16])
        #expect(try array.values(as: Int.self) == [1, 2, 300])
        #expect(try array.values(as: Float.self) == [1, 2, 300])
        #expect(throws: WireError.self) { try array.values(as: UInt8.self) }
        #expect(throws: WireError.self) { try NumericArray([1.5]).values(as: Int.self) }
        #expect(try NumericArray([1.5 as Float]).values(as: Double.self) == [1.5])
    }

    @Test func plainArraysAreReadFromTypedOnes() throws {
        let typed = try Wire.encode(NumericArray([1, -2, 3] as [Int32]))
        #expect(try Wire.decode([Int].self, from: typed) == [1, -2, 3])
        #expect(try Wire.decode([Double].self, from: typed) == [1, -2, 3])
        #expect(try Wire.decode([Int8].self, from: typed) == [1, -2, 3])
        #expect(throws: WireError.self) { try Wire.decode([UInt8].self, from: typed) }
        #expect(try decode([UInt8].self, hex("d8404201ff")) == [1, 255])
        let doubles = try Wire.encode(NumericArray([0.5]))
        #expect(try Wire.decode([Double].self, from: doubles) == [0.5])
        #expect(try Wire.decode([Float].self, from: doubles) == [0.5])
        #expect(throws: WireError.self) { try Wire.decode([Int].self, from: doubles) }
    }
}

extension NumericArray {
    func numbers() throws -> [Number] {
        try (0..<count).map { try number(at: $0) }
    }
}
