//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire
import Testing

/// Examples of RFC 8949, appendix A.
struct Vector: Sendable, CustomTestStringConvertible {
    let bytes: String
    let value: Value
    /// Whether these bytes are also what this module writes.
    let isPreferred: Bool

    init(_ bytes: String, _ value: Value, preferred isPreferred: Bool = true) {
        self.bytes = bytes
        self.value = value
        self.isPreferred = isPreferred
    }

    var testDescription: String { bytes }

    static let all: [Vector] = [
        Vector("00", .int(0)),
        Vector("01", .int(1)),
        Vector("0a", .int(10)),
        Vector("17", .int(23)),
        Vector("1818", .int(24)),
        Vector("1819", .int(25)),
        Vector("1864", .int(100)),
        Vector("1903e8", .int(1000)),
        Vector("1a000f4240", .int(1_000_000)),
        Vector("1b000000e8d4a51000", .int(1_000_000_000_000)),
        Vector("1bffffffffffffffff", Value(UInt64.max)),
        Vector("c249010000000000000000", Value(Int128(UInt64.max) + 1)),
        Vector("3bffffffffffffffff", Value(-Int128(UInt64.max) - 1)),
        Vector("c349010000000000000000", Value(-Int128(UInt64.max) - 2)),
        Vector("20", .int(-1)),
        Vector("29", .int(-10)),
        Vector("3863", .int(-100)),
        Vector("3903e7", .int(-1000)),
        Vector("f90000", .double(0), preferred: false),
        Vector("f98000", .double(-0.0), preferred: false),
        Vector("f93c00", .double(1), preferred: false),
        Vector("fb3ff199999999999a", .double(1.1)),
        Vector("f93e00", .double(1.5), preferred: false),
        Vector("f97bff", .double(65504), preferred: false),
        Vector("fa47c35000", .double(100_000), preferred: false),
        Vector("fa7f7fffff", .double(3.4028234663852886e+38), preferred: false),
        Vector("fb7e37e43c8800759c", .double(1.0e+300)),
        Vector("f90001", .double(5.960464477539063e-8), preferred: false),
        Vector("f90400", .double(0.00006103515625), preferred: false),
        Vector("f9c400", .double(-4), preferred: false),
        Vector("fbc010666666666666", .double(-4.1)),
        Vector("f97c00", .double(.infinity), preferred: false),
        Vector("f97e00", .double(.nan), preferred: false),
        Vector("f9fc00", .double(-.infinity), preferred: false),
        Vector("fa7f800000", .double(.infinity), preferred: false),
        Vector("fa7fc00000", .double(.nan), preferred: false),
        Vector("faff800000", .double(-.infinity), preferred: false),
        Vector("fb7ff0000000000000", .double(.infinity)),
        Vector("fb7ff8000000000000", .double(.nan)),
        Vector("fbfff0000000000000", .double(-.infinity)),
        Vector("f4", .bool(false)),
        Vector("f5", .bool(true)),
        Vector("f6", .null),
        Vector("f7", .undefined),
        Vector("f0", .simple(16)),
        Vector("f8ff", .simple(255)),
        Vector("c074323031332d30332d32315432303a30343a30305a", .tagged(0, "2013-03-21T20:04:00Z")),
        Vector("c11a514b67b0", .tagged(1, 1_363_896_240)),
        Vector("c1fb41d452d9ec200000", .tagged(1, 1_363_896_240.5)),
        Vector("d74401020304", .tagged(23, .bytes([1, 2, 3, 4]))),
        Vector("d818456449455446", .tagged(24, .bytes(hex("6449455446")))),
        Vector("d82076687474703a2f2f7777772e6578616d706c652e636f6d", .tagged(32, "http://www.example.com")),
        Vector("40", .bytes([])),
        Vector("4401020304", .bytes([1, 2, 3, 4])),
        Vector("60", ""),
        Vector("6161", "a"),
        Vector("6449455446", "IETF"),
        Vector("62225c", "\"\\"),
        Vector("62c3bc", "\u{fc}"),
        Vector("63e6b0b4", "\u{6c34}"),
        Vector("64f0908591", "\u{10151}"),
        Vector("80", []),
        Vector("83010203", [1, 2, 3]),
        Vector("8301820203820405", [1, [2, 3], [4, 5]]),
        Vector("98190102030405060708090a0b0c0d0e0f101112131415161718181819", .array((1...25).map { .int($0) })),
        Vector("a0", [:]),
        Vector("a201020304", [1: 2, 3: 4]),
        Vector("a26161016162820203", ["a": 1, "b": [2, 3]]),
        Vector("826161a161626163", ["a", ["b": "c"]]),
        Vector("a56161614161626142616361436164614461656145", ["a": "A", "b": "B", "c": "C", "d": "D", "e": "E"]),
        Vector("5f42010243030405ff", .bytes([1, 2, 3, 4, 5]), preferred: false),
        Vector("7f657374726561646d696e67ff", "streaming", preferred: false),
        Vector("9fff", [], preferred: false),
        Vector("9f018202039f0405ffff", [1, [2, 3], [4, 5]], preferred: false),
        Vector("9f01820203820405ff", [1, [2, 3], [4, 5]], preferred: false),
        Vector("83018202039f0405ff", [1, [2, 3], [4, 5]], preferred: false),
        Vector("83019f0203ff820405", [1, [2, 3], [4, 5]], preferred: false),
        Vector(
            "9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff",
            .array((1...25).map { .int($0) }),
            preferred: false
        ),
        Vector("bf61610161629f0203ffff", ["a": 1, "b": [2, 3]], preferred: false),
        Vector("826161bf61626163ff", ["a", ["b": "c"]], preferred: false),
        Vector("bf6346756ef563416d7421ff", ["Fun": true, "Amt": -2], preferred: false),
    ]

    /// Examples of RFC 8949, appendix F: what is not well formed.
    static let malformed = """
        18 19 1a 1b 1901 1a0102 1b01020304050607 38 58 78 98 9a01ff00 b8 d8 f8 f900 fa0000 fb000000
        41 61 5affffffff00 5bffffffffffffffff010203 7affffffff00 7b7fffffffffffffff010203
        81 818181818181818181 8200 a1 a20102 a100 a2000000 c0 5f4100 7f6100 9f 9f0102 bf bf01020102 819f
        9f8000
        9f9f9f9f9fffffffff 9f819f819f9fffffff
        1c 1d 1e 3c 3d 3e 5c 5d 5e 7c 7d 7e 9c 9d 9e bc bd be dc dd de fc fd fe
        f800 f801 f818 f81f 5f00ff 5f21ff 5f6100ff 5f80ff 5fa0ff 5fc000ff 5fe0ff 7f4100ff 5f5f4100ffff
        7f7f6100ffff
        ff 81ff 8200ff a1ff a1ff00 a100ff a20000ff 9f81ff 9f829f819f9fffffffff bf00ff bf000000ff 1f 3f df
        """.split { $0 == " " || $0 == "\n" }.map(String.init)
}

struct AppendixATests {
    @Test(arguments: Vector.all)
    func decodesAppendixA(_ vector: Vector) throws {
        #expect(try decode(Value.self, hex(vector.bytes)) == vector.value)
    }

    @Test(arguments: Vector.all.filter(\.isPreferred))
    func encodesAppendixA(_ vector: Vector) throws {
        #expect(hex(try Wire.encode(vector.value).array) == vector.bytes)
    }

    @Test(arguments: Vector.malformed)
    func item55RefusesAppendixF(_ bytes: String) throws {
        #expect(throws: WireError.self) { try decode(Value.self, hex(bytes)) }
        #expect(throws: WireError.self) {
            try hex(bytes).withUnsafeBytes { bytes in
                var reader = WireReader(bytes)
                try reader.skip()
            }
        }
    }

    @Test(arguments: Vector.all)
    func skipsAppendixA(_ vector: Vector) throws {
        try hex(vector.bytes).withUnsafeBytes { bytes in
            var reader = WireReader(bytes)
            try reader.skip()
            let remaining = reader.remaining
            #expect(remaining == 0)
        }
    }
}
