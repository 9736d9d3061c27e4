//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Crypto

/// The short form of a server's key that people compare: `SHA256:` and 43 characters, as OpenSSH prints it.
public struct HostKeyFingerprint: Sendable, Hashable, CustomStringConvertible {
    private let digest: [UInt8]

    init(of key: HostKey) {
        var hash = SHA256()
        key.blob.withUnsafeBytes { hash.update(bufferPointer: $0) }
        digest = Array(hash.finalize())
    }

    /// Reads what `ssh-keygen -l` prints, with or without base64's padding; nil if it is not that.
    public init?(_ text: String) {
        let prefix = "SHA256:"
        guard text.utf8.starts(with: prefix.utf8) else { return nil }
        var encoded = Array(text.utf8.dropFirst(prefix.utf8.count))
        if encoded.count == 43 { encoded.append(UInt8(ascii: "=")) }
        guard let digest = Base64.decode(encoded), digest.count == SHA256.byteCount else { return nil }
        self.digest = digest
    }

    public var description: String { "SHA256:\(Base64.encode(digest, isPadded: false))" }
}
