//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetTestSupport
import ExecnetWire

/// Bytes written as hexadecimal digits.
func hex(_ text: String) -> [UInt8] {
    let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

func decode<Item: Decodable>(
    _ type: Item.Type,
    _ bytes: [UInt8],
    limits: WireLimits = .default
) throws(WireError) -> Item {
    try Wire.decode(type, from: WireBytes(bytes), limits: limits)
}

/// The value after having been encoded and decoded.
func roundTrip<Item: Codable>(_ value: Item) throws(WireError) -> Item {
    try Wire.decode(Item.self, from: Wire.encode(value))
}

/// A random value of kinds that every implementation has.
func randomValue(_ random: inout SplitMix, depth: Int = 4) -> Value {
    let kinds = depth == 0 ? 7 : 9
    switch Int.random(in: 0..<kinds, using: &random) {
    case 0: return .null
    case 1: return .bool(.random(using: &random))
    case 2: return .int(Int64(truncatingIfNeeded: random.next()) >> Int64.random(in: 0..<64, using: &random))
    case 3: return .double(Double(Int.random(in: -1000...1000, using: &random)) / 8)
    case 4: return .string(randomText(&random))
    case 5:
        let count = Int.random(in: 0..<40, using: &random)
        return .bytes((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
    case 6:
        let magnitude = (0..<12).map { _ in UInt8.random(in: 0...255, using: &random) }
        return .integer(BigInteger(isNegative: .random(using: &random), magnitude: magnitude))
    case 7:
        return .array((0..<Int.random(in: 0..<6, using: &random)).map { _ in randomValue(&random, depth: depth - 1) })
    default:
        return .map(
            ValueMap(
                (0..<Int.random(in: 0..<6, using: &random)).map { index in
                    ValueMap.Entry(
                        key: .string("k\(index)" + randomText(&random)),
                        value: randomValue(&random, depth: depth - 1)
                    )
                }
            )
        )
    }
}

private func randomText(_ random: inout SplitMix) -> String {
    let alphabet = Array("abc xyz\n'\"äöü水𐅑🙂0")
    return String(
        (0..<Int.random(in: 0..<20, using: &random)).map { _ in
            alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
        }
    )
}

/// The record of the benchmarks, as any program would write it.
struct Record: Codable, Equatable {
    struct Meta: Codable, Equatable {
        var k1: Int
        var k2: Int?
        var blob: [UInt8]
    }

    var id: Int
    var name: String
    var tags: [String]
    var pos: [Double]
    var active: Bool
    var meta: Meta

    static let example = Record(
        id: 7,
        name: "record-00007",
        tags: ["alpha", "beta"],
        pos: [0.5, -1],
        active: true,
        meta: Meta(k1: 300, k2: nil, blob: [1, 2, 255])
    )
}
