//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Numbers of 16 bits, IEEE 754 binary16; `Float16` is not there on every platform.
enum HalfPrecision {
    /// The same number in 64 bits, which is exact.
    static func double(_ bits: UInt16) -> Double {
        let fraction = UInt64(bits & 0x3FF)
        let exponent = Int(bits >> 10 & 0x1F)
        let sign: Double = bits >> 15 == 0 ? 1 : -1
        switch exponent {
        case 0:
            return sign * Double(fraction) / 16_777_216  // 2^24
        case 31:
            return Double(bitPattern: UInt64(bits >> 15) << 63 | 0x7FF << 52 | fraction << 42)
        default:
            return Double(bitPattern: UInt64(bits >> 15) << 63 | UInt64(exponent - 15 + 1023) << 52 | fraction << 42)
        }
    }
}
