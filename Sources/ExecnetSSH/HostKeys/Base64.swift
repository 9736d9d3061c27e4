//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Base64 as known_hosts files and fingerprints have it.
enum Base64 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static let values: [UInt8: UInt32] = Dictionary(
        uniqueKeysWithValues: digits.enumerated().map { ($1, UInt32($0)) }
    )

    static func encode(_ bytes: some Collection<UInt8>, isPadded: Bool = true) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var group: UInt32 = 0
        var size = 0
        func flush() {
            let padded = group << UInt32(8 * (3 - size))
            for place in 0...size { text.append(digits[Int(padded >> UInt32(18 - 6 * place)) & 63]) }
            if isPadded { for _ in size..<3 { text.append(UInt8(ascii: "=")) } }
            group = 0
            size = 0
        }
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            size += 1
            if size == 3 { flush() }
        }
        if size > 0 { flush() }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes, or nil unless the text is what ``encode(_:isPadded:)`` makes of them, padded.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        let digits = text.prefix { $0 != UInt8(ascii: "=") }
        let padding = text.dropFirst(digits.count)
        guard text.count % 4 == 0, padding.count <= 2, padding.allSatisfy({ $0 == UInt8(ascii: "=") }) else {
            return nil
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var group: UInt32 = 0
        var bits = 0
        for digit in digits {
            guard let value = values[digit] else { return nil }
            group = group << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
                group &= 1 << UInt32(bits) - 1
            }
        }
        // Two texts for the same bytes would be two keys to whoever compares texts.
        return group == 0 ? bytes : nil
    }
}
