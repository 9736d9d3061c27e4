//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetTestSupport
import ExecnetWire
import Testing

struct BigIntegerTests {
    @Test func isNormalised() {
        #expect(BigInteger(magnitude: [0, 0, 1]) == BigInteger(1))
        #expect(BigInteger(isNegative: true, magnitude: [0]) == BigInteger(0))
        #expect(BigInteger(-256).magnitude == [1, 0])
        #expect(Value.integer(BigInteger(5)) == .int(5))
        #expect(Value(UInt64.max) == .bigInteger(BigInteger(UInt64.max)))
    }

    @Test func printsDecimal() {
        #expect(BigInteger(0).description == "0")
        #expect(BigInteger(Int128.min).description == Int128.min.description)
        #expect(BigInteger(UInt128.max).description == UInt128.max.description)
        #expect(BigInteger(magnitude: [1] + [UInt8](repeating: 0, count: 2000)).description.hasPrefix("0x0100"))
    }

    @Test(arguments: [0, 1, -1, Int128(Int64.max), Int128(Int64.min), Int128(Int64.min) - 1, .max, .min, -256, -257])
    func convertsAndComesBack(_ number: Int128) throws {
        let big = BigInteger(number)
        #expect(Int128(big) == number)
        #expect(Int64(big) == Int64(exactly: number))
        #expect(UInt64(big) == UInt64(exactly: number))
        #expect(UInt8(big) == UInt8(exactly: number))
        #expect(try roundTrip(big) == big)
        #expect(try roundTrip(number) == number)
        #expect(try roundTrip(Value(number)) == Value(number))
        #expect(big.doubleValue == Double(number))
    }

    @Test func roundsToTheNearestDouble() {
        var random = SplitMix(state: 1)
        for _ in 0..<10_000 {
            let high = Int128(Int64(truncatingIfNeeded: random.next())) << 64
            let number = (high | Int128(random.next())) >> Int128(random.next() % 127)
            #expect(BigInteger(number).doubleValue == Double(number))
        }
        #expect(BigInteger(magnitude: [1] + [UInt8](repeating: 0, count: 128)).doubleValue == .infinity)
        #expect(
            BigInteger(isNegative: true, magnitude: [1] + [UInt8](repeating: 0, count: 500)).doubleValue == -.infinity
        )
        #expect(BigInteger(magnitude: [128] + [UInt8](repeating: 0, count: 127)).doubleValue == 0x1p1023)
    }

    @Test func integersInTheFormOfBigOnesAreRead() throws {
        #expect(try decode(Int.self, hex("c2410a")) == 10)
        #expect(try decode(Int.self, hex("c3410a")) == -11)
        #expect(try decode(UInt8.self, hex("c24300000a")) == 10)
        #expect(try decode(Value.self, hex("c240")) == .int(0))
        #expect(try decode(Value.self, hex("c340")) == .int(-1))
        #expect(throws: WireError.self) { try decode(Int.self, hex("c249010000000000000000")) }
        #expect(throws: WireError.self) { try decode(Value.self, hex("c26161")) }
    }
}
