//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

@testable import ExecnetSSH

/// Keys that look right and open nothing, for what needs no server.
enum MadeUpKeys {
    /// A public key; another one for each number.
    static func blob(_ type: String, _ number: UInt8 = 0) -> [UInt8] {
        var blob: [UInt8] = []
        blob.appendString(Array(type.utf8))
        switch type {
        case "ssh-ed25519": blob.appendString([UInt8](repeating: number, count: 32))
        case "ecdsa-sha2-nistp256":
            blob.appendString(Array("nistp256".utf8))
            blob.appendString([4] + [UInt8](repeating: number, count: 64))
        default:
            blob.appendString([1, 0, 1])
            blob.appendString([UInt8](repeating: number, count: 128))
        }
        return blob
    }

    static func publicKey(_ type: String, _ number: UInt8 = 0) throws -> PublicKey {
        try PublicKey(blob: blob(type, number))
    }

    /// The text of a private key in OpenSSH's format.
    static func text(_ type: String, _ number: UInt8 = 0, cipher: String = "none") -> String {
        text(blob: blob(type, number), cipher: cipher)
    }

    static func text(blob: [UInt8], cipher: String = "none") -> String {
        var bytes = Array("openssh-key-v1\0".utf8)
        bytes.appendString(Array(cipher.utf8))
        bytes.appendString(Array((cipher == "none" ? "none" : "bcrypt").utf8))
        bytes.appendString(cipher == "none" ? [] : [UInt8](repeating: 7, count: 24))
        bytes.appendNumber(1)
        bytes.appendString(blob)
        bytes.appendString([UInt8](repeating: 9, count: 128))
        var lines = Array(Base64.encode(bytes))[...]
        var text = "-----BEGIN OPENSSH PRIVATE KEY-----\n"
        while !lines.isEmpty {
            text += String(lines.prefix(70)) + "\n"
            lines = lines.dropFirst(70)
        }
        return text + "-----END OPENSSH PRIVATE KEY-----\n"
    }

    static func file(_ name: String, _ type: String, _ number: UInt8 = 0, cipher: String = "none") throws -> KeyFile {
        try KeyFile(name: name, content: SecretBytes(text(type, number, cipher: cipher)))
    }

    static func identity(_ comment: String, _ type: String, _ number: UInt8 = 0) throws -> AgentIdentity {
        AgentIdentity(key: try publicKey(type, number), comment: comment)
    }
}

func keyText(_ text: String) throws -> KeyText { try Array(text.utf8).withUnsafeBytes { try KeyText($0) } }
