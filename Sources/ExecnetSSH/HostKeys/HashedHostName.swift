//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Crypto

/// A name in a known_hosts file that does not tell which: `|1|salt|HMAC-SHA1(salt, name)`.
struct HashedHostName: Sendable, Hashable, CustomStringConvertible {
    private static let magic = Array("|1|".utf8)
    /// OpenSSH takes no other salt.
    private static let saltSize = Insecure.SHA1.byteCount

    private let salt: [UInt8]
    private let digest: [UInt8]

    init?(_ text: some Collection<UInt8>) {
        guard text.starts(with: HashedHostName.magic) else { return nil }
        let parts = text.dropFirst(HashedHostName.magic.count)
            .split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
        guard parts.count == 2, let salt = Base64.decode(parts[0]), let digest = Base64.decode(parts[1]),
            salt.count == HashedHostName.saltSize, digest.count == Insecure.SHA1.byteCount
        else { return nil }
        self.salt = salt
        self.digest = digest
    }

    init(of name: HostName, using generator: inout some RandomNumberGenerator) {
        salt = (0..<HashedHostName.saltSize).map { _ in UInt8.random(in: 0...255, using: &generator) }
        digest = HashedHostName.digest(of: Array(name.description.utf8), salt)
    }

    func matches(_ name: [UInt8]) -> Bool { HashedHostName.digest(of: name, salt) == digest }

    var description: String { "|1|\(Base64.encode(salt))|\(Base64.encode(digest))" }

    private static func digest(of name: [UInt8], _ salt: [UInt8]) -> [UInt8] {
        Array(HMAC<Insecure.SHA1>.authenticationCode(for: name, using: SymmetricKey(data: salt)))
    }
}
