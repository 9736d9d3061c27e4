//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A server's public key, as it lies on the wire and in files.
struct HostKey: Sendable, Hashable {
    /// Larger ones are of no kind that is in use, and would not fit a line of a known_hosts file.
    static let maximumSize = 8_192
    private static let maximumTypeSize = 64

    let blob: [UInt8]
    /// What the blob says that it is: `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`.
    let type: String

    init(blob: [UInt8]) throws(HostKeyError) {
        guard blob.count <= HostKey.maximumSize else { throw .unusableKey("it has \(blob.count) bytes") }
        var fields = Fields(rest: blob[...])
        guard let type = fields.next(), HostKey.isTypeName(type) else { throw .unusableKey("it names no type") }
        self.blob = blob
        self.type = String(decoding: type, as: UTF8.self)
        guard HostKey.isWhole(self.type, &fields) else { throw .unusableKey("it is no whole \(self.type) key") }
    }

    var fingerprint: HostKeyFingerprint { HostKeyFingerprint(of: self) }

    /// Type and key as a line of a known_hosts file has them.
    var text: String { "\(type) \(Base64.encode(blob))" }

    /// The server says the type, and it ends up on terminals and in files.
    private static func isTypeName(_ bytes: ArraySlice<UInt8>) -> Bool {
        (1...maximumTypeSize).contains(bytes.count)
            && bytes.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: ",") }
    }

    /// Whether the rest of a key has the fields of its type. A mangled line of a file would else count as another key.
    private static func isWhole(_ type: String, _ fields: inout Fields) -> Bool {
        switch type {
        case "ssh-ed25519": fields.next()?.count == 32 && fields.isAtEnd
        case "ecdsa-sha2-nistp256": isPoint(of: "nistp256", size: 32, &fields)
        case "ecdsa-sha2-nistp384": isPoint(of: "nistp384", size: 48, &fields)
        case "ecdsa-sha2-nistp521": isPoint(of: "nistp521", size: 66, &fields)
        case "ssh-rsa": fields.next()?.isEmpty == false && fields.next()?.isEmpty == false && fields.isAtEnd
        default: true
        }
    }

    private static func isPoint(of curve: String, size: Int, _ fields: inout Fields) -> Bool {
        guard let name = fields.next(), name.elementsEqual(curve.utf8), let point = fields.next() else { return false }
        return point.count == 1 + 2 * size && point.first == 4 && fields.isAtEnd
    }

    /// The strings of a blob, each behind its length.
    private struct Fields {
        var rest: ArraySlice<UInt8>

        var isAtEnd: Bool { rest.isEmpty }

        mutating func next() -> ArraySlice<UInt8>? {
            guard rest.count >= 4 else { return nil }
            let size = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            guard rest.count - 4 >= size else { return nil }
            let field = rest.dropFirst(4).prefix(size)
            rest = rest.dropFirst(4 + size)
            return field
        }
    }
}
