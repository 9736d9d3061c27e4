//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A pair of keys in files, made by OpenSSH's `ssh-keygen`.
package struct SSHKey: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case ed25519
        case ecdsa256
        case ecdsa384
        case ecdsa521
        case rsa

        /// Arguments of `ssh-keygen`.
        fileprivate var arguments: [String] {
            switch self {
            case .ed25519: ["-t", "ed25519"]
            case .ecdsa256: ["-t", "ecdsa", "-b", "256"]
            case .ecdsa384: ["-t", "ecdsa", "-b", "384"]
            case .ecdsa521: ["-t", "ecdsa", "-b", "521"]
            case .rsa: ["-t", "rsa", "-b", "2048"]
            }
        }
    }

    /// How the private key is written. Ed25519 has no other form than OpenSSH's own.
    package enum Format: Sendable {
        case openSSH
        case pem
        case pkcs8

        fileprivate var arguments: [String] {
            switch self {
            case .openSSH: []
            case .pem: ["-m", "PEM"]
            case .pkcs8: ["-m", "PKCS8"]
            }
        }
    }

    /// File of the private key; that of the public one has the ending .pub.
    package let path: String
    /// Type and base64, without a comment: "ssh-ed25519 AAAA...".
    package let publicKey: String

    /// Makes a key, encrypted if there is a passphrase.
    package static func make(
        _ kind: Kind = .ed25519,
        at path: String,
        passphrase: String = "",
        format: Format = .openSSH
    ) async throws -> SSHKey {
        let arguments = kind.arguments + format.arguments + ["-N", passphrase, "-C", "test", "-f", path]
        try await TestProgram.output(of: "/usr/bin/ssh-keygen", ["-q"] + arguments)
        return SSHKey(path: path, publicKey: publicPart(of: try bytes(of: path + ".pub")))
    }

    /// "SHA256:...", as `ssh-keygen` tells it.
    package func fingerprint() async throws -> String {
        let line = try await TestProgram.output(of: "/usr/bin/ssh-keygen", ["-l", "-f", path + ".pub"])
        return line.split(separator: " ").dropFirst().first.map { String($0) } ?? ""
    }

    /// What identifies a key in a line of it, without the comment.
    static func publicPart(of line: [UInt8]) -> String {
        String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace).prefix(2).joined(separator: " ")
    }
}
