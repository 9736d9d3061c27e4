//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet

/// W8: the shapes that the peers' serialisers are measured with. A record counts as 12 leaf values.
enum Serialization {
    static let cases = [
        Case(name: "direct, 100k ints") { try measure(integers, items: integers.count) },
        Case(name: "direct, dict 10k") { try measure(numbers, items: numbers.count) },
        Case(name: "direct, 2000 records") { try measure(records, items: 24_000) },
        Case(name: "Codable, 2000 records") { try measureCodable(records.map(CodableRecord.init), items: 24_000) },
    ]

    private static let integers = (0..<100_000).map { ($0 * 7_919) & 0x7FFF_FFFF }

    private static let numbers = Dictionary(
        uniqueKeysWithValues: (0..<10_000).map { ("key" + padded($0, to: 6), Double($0) * 1.25) }
    )

    private static let records = (0..<2_000).map { index in
        Record(
            id: index,
            name: "record-" + padded(index, to: 5),
            tags: ["alpha", "beta", "gamma"],
            pos: [Double(index) * 0.5, Double(index) * 0.25, -Double(index)],
            active: index % 2 == 0,
            meta: Record.Meta(k1: index * 3, k2: nil, blob: [UInt8](repeating: 122, count: 32))
        )
    }

    private static func padded(_ number: Int, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: width - digits.count) + digits
    }

    private static func measure<Item: WireCodable>(_ item: Item, items: Int) throws -> [Figure] {
        let encoded = try Wire.encode(item)
        let encoding = try meanTime { keep(try Wire.encode(item)) }
        let decoding = try meanTime { keep(try Wire.decode(Item.self, from: encoded)) }
        return figures(encoding, decoding, encoded.count, items)
    }

    private static func measureCodable<Item: Codable>(_ item: Item, items: Int) throws -> [Figure] {
        let encoded = try Wire.encode(item)
        let encoding = try meanTime { keep(try Wire.encode(item)) }
        let decoding = try meanTime { keep(try Wire.decode(Item.self, from: encoded)) }
        return figures(encoding, decoding, encoded.count, items)
    }

    private static func figures(_ encoding: Double, _ decoding: Double, _ bytes: Int, _ items: Int) -> [Figure] {
        [
            Figure(metric: "bytes", value: Double(bytes), unit: "B"),
            Figure(metric: "dumps_ns", value: encoding / Double(items) * 1e9, unit: "ns/item"),
            Figure(metric: "dumps_mbs", value: Double(bytes) / encoding / 1e6, unit: "MB/s"),
            Figure(metric: "loads_ns", value: decoding / Double(items) * 1e9, unit: "ns/item"),
            Figure(metric: "loads_mbs", value: Double(bytes) / decoding / 1e6, unit: "MB/s"),
        ]
    }

    /// Mean seconds of one call, over a quarter of a second, as the peers' harness does.
    private static func meanTime(_ body: () throws -> Void) rethrows -> Double {
        try body()
        let start = ContinuousClock.now
        var count = 0
        while true {
            try body()
            count += 1
            let elapsed = (ContinuousClock.now - start).seconds
            if elapsed > 0.25 { return elapsed / Double(count) }
        }
    }

    /// Keeps the optimizer from dropping a result.
    @inline(never)
    private static func keep<T>(_ value: T) {}
}
