//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A user's public key. They are made as servers' keys are.
typealias PublicKey = HostKey

/// What kind of key one is, for what can be done with it here.
enum KeyKind: Sendable, Hashable {
    case ed25519
    case ecdsa
    case rsa
    case dsa
    /// On a hardware token.
    case securityKey
    case certificate
    case other(String)

    /// By the name that is in a public key.
    init(type: String) {
        self =
            switch type {
            case "ssh-ed25519": .ed25519
            case "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521": .ecdsa
            case "ssh-rsa": .rsa
            case "ssh-dss": .dsa
            case _ where type.hasSuffix("-cert-v01@openssh.com"): .certificate
            case _ where type.hasPrefix("sk-"): .securityKey
            default: .other(type)
            }
    }

    /// Why libssh2 cannot sign with it; nil if it can.
    var obstacle: KeyObstacle? {
        switch self {
        case .ed25519, .ecdsa: nil
        case .rsa: KeyObstacle("libssh2 signs with RSA keys in a way that servers refuse", needsOpenSSH: true)
        case .securityKey: KeyObstacle("libssh2 knows no keys on hardware tokens", needsOpenSSH: true)
        case .certificate: KeyObstacle("libssh2 knows no certificates", needsOpenSSH: true)
        case .dsa: KeyObstacle("DSA keys are too weak, and refused by servers", needsOpenSSH: false)
        case .other(let type): KeyObstacle("keys of type \(type) are not known", needsOpenSSH: true)
        }
    }
}

/// Why a key is left out.
struct KeyObstacle: Sendable, Hashable {
    var why: String
    /// Whether OpenSSH's client can use it.
    var needsOpenSSH: Bool

    init(_ why: String, needsOpenSSH: Bool) {
        self.why = why
        self.needsOpenSSH = needsOpenSSH
    }
}
