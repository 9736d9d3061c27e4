//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A piece of text between "-----BEGIN" and "-----END", seen where it is: what it encodes may be secret, so there are no copies.
struct PEMText {
    /// "OPENSSH PRIVATE KEY" and the like.
    let label: String
    /// Whether lines before the content say that it is encrypted.
    let isEncrypted: Bool
    private let content: UnsafeRawBufferPointer

    private static let longestLabel = 64

    /// The first private key of a text; nil if there is none.
    init?(_ text: UnsafeRawBufferPointer) {
        var lines = Lines(rest: text[...])
        while let line = lines.next() {
            guard let label = PEMText.label(line) else { continue }
            self.label = label
            var encrypted = false
            var content = lines.rest
            // Headers have a colon, which base64 has not, and end with an empty line.
            while let header = lines.next(), header.contains(UInt8(ascii: ":")) || header.isEmpty {
                if header.starts(with: "Proc-Type:".utf8) {
                    encrypted = encrypted || header.reversed().starts(with: "ENCRYPTED".utf8.reversed())
                }
                content = lines.rest
            }
            isEncrypted = encrypted
            self.content = UnsafeRawBufferPointer(rebasing: content)
            return
        }
        return nil
    }

    private static func label(_ line: Slice<UnsafeRawBufferPointer>) -> String? {
        let start = "-----BEGIN "
        let end = "-----"
        guard line.starts(with: start.utf8), line.reversed().starts(with: end.utf8) else { return nil }
        let label = line.dropFirst(start.utf8.count).dropLast(end.utf8.count)
        guard label.count <= longestLabel else { return nil }
        let text = String(decoding: label, as: UTF8.self)
        return text.hasSuffix("PRIVATE KEY") ? text : nil
    }

    /// What the text encodes, byte for byte.
    var bytes: Bytes { Bytes(content: content) }

    struct Bytes: IteratorProtocol {
        private let content: UnsafeRawBufferPointer
        private var offset = 0
        private var group: UInt32 = 0
        private var bits = 0

        init(content: UnsafeRawBufferPointer) { self.content = content }

        mutating func next() -> UInt8? {
            while bits < 8 {
                guard offset < content.count else { return nil }
                let digit = content[offset]
                if [0x0a, 0x0d, 0x20].contains(digit) {
                    offset += 1
                    continue
                }
                guard let value = Bytes.value(of: digit) else { return nil }
                offset += 1
                group = group << 6 | value
                bits += 6
            }
            bits -= 8
            defer { group &= 1 << UInt32(bits) - 1 }
            return UInt8(truncatingIfNeeded: group >> UInt32(bits))
        }

        /// Of a digit of base64.
        private static func value(of digit: UInt8) -> UInt32? {
            switch digit {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
            case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
            case UInt8(ascii: "+"): 62
            case UInt8(ascii: "/"): 63
            default: nil
            }
        }

        /// The next bytes; nil if there are not as many.
        mutating func take(_ count: Int) -> [UInt8]? {
            var taken: [UInt8] = []
            while taken.count < count {
                guard let byte = next() else { return nil }
                taken.append(byte)
            }
            return taken
        }

        /// A number of four bytes.
        mutating func number() -> Int? { take(4)?.reduce(0) { $0 << 8 | Int($1) } }

        /// What is behind its length; nil if that is above a limit.
        mutating func string(limit: Int) -> [UInt8]? {
            guard let count = number(), count <= limit else { return nil }
            return take(count)
        }
    }
}

/// The lines of a text, with neither kind of line end.
private struct Lines {
    var rest: Slice<UnsafeRawBufferPointer>

    mutating func next() -> Slice<UnsafeRawBufferPointer>? {
        guard !rest.isEmpty else { return nil }
        var line = rest.prefix { $0 != 0x0a }
        rest = rest.dropFirst(line.count + 1)
        if line.last == 0x0d { line = line.dropLast() }
        return line
    }
}
