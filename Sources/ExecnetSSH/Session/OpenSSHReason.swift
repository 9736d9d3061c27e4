//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Why libssh2 cannot do what the OpenSSH client can.
enum OpenSSHReason: Error, Sendable, Hashable, CustomStringConvertible {
    /// An option leaves nothing that libssh2 has.
    case configuration(option: String, [String])
    case onlyRSAHostKeys([String])
    /// Certificates, or keys in hardware.
    case onlyUnusualHostKeys([String])
    /// GCM or ChaCha20.
    case onlyAuthenticatedCiphers([String])
    case onlyEncryptThenMAC([String])
    /// UMAC.
    case onlyUnusualMACs([String])
    case onlyUnusualKeyExchanges([String])

    /// Nil if the OpenSSH client would get no further: libssh2 has one of the server's, but the configuration excludes it, or the
    /// client does not have them either.
    init?(_ failure: NoCommonAlgorithm, known: Algorithms = .known) {
        let theirs = failure.theirs
        func isBeyond(_ known: [String], _ openSSH: [String]) -> Bool {
            !theirs.contains(where: known.contains) && theirs.contains(where: openSSH.contains)
        }
        switch failure.kind {
        case .hostKey where isBeyond(known.hostKeys, OpenSSHReason.rsaHostKeys):
            self = .onlyRSAHostKeys(theirs)
        case .hostKey where isBeyond(known.hostKeys, OpenSSHReason.otherHostKeys):
            self = .onlyUnusualHostKeys(theirs)
        case .cipher where isBeyond(known.ciphers, OpenSSHReason.ciphers):
            self = .onlyAuthenticatedCiphers(theirs)
        case .mac where isBeyond(known.macs, OpenSSHReason.macs):
            self = theirs.allSatisfy(\.isEncryptThenMAC) ? .onlyEncryptThenMAC(theirs) : .onlyUnusualMACs(theirs)
        case .keyExchange where isBeyond(known.keyExchanges, OpenSSHReason.keyExchanges):
            self = .onlyUnusualKeyExchanges(theirs)
        default: return nil
        }
    }

    // What OpenSSH's client offers and libssh2 1.10 does not have (versions up to 10).

    /// `ssh-rsa` only if its user's configuration says so.
    private static let rsaHostKeys = ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"]
    private static let otherHostKeys = [
        "ssh-ed25519-cert-v01@openssh.com", "ecdsa-sha2-nistp256-cert-v01@openssh.com",
        "ecdsa-sha2-nistp384-cert-v01@openssh.com", "ecdsa-sha2-nistp521-cert-v01@openssh.com",
        "sk-ssh-ed25519-cert-v01@openssh.com", "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
        "rsa-sha2-512-cert-v01@openssh.com", "rsa-sha2-256-cert-v01@openssh.com",
        "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
    ]
    private static let ciphers = [
        "chacha20-poly1305@openssh.com", "aes128-gcm@openssh.com", "aes256-gcm@openssh.com",
    ]
    private static let macs = [
        "hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha1-etm@openssh.com",
        "umac-64-etm@openssh.com", "umac-128-etm@openssh.com", "umac-64@openssh.com", "umac-128@openssh.com",
    ]
    private static let keyExchanges = [
        "sntrup761x25519-sha512@openssh.com", "sntrup761x25519-sha512", "mlkem768x25519-sha256",
    ]

    /// What follows "because".
    var description: String {
        switch self {
        case .configuration(let option, let names):
            "\(option) of the configuration leaves nothing that libssh2 has (\(names.joined(separator: ",")))"
        case .onlyRSAHostKeys(let names):
            "the server has only RSA host keys (\(text(names))), which libssh2 cannot check safely"
        case .onlyUnusualHostKeys(let names):
            "the server has only host keys that libssh2 cannot check (\(text(names)))"
        case .onlyAuthenticatedCiphers(let names):
            "the server has only ciphers that libssh2 does not have (\(text(names)))"
        case .onlyEncryptThenMAC(let names):
            "the server has only MACs over encrypted text (\(text(names))), which libssh2 does not have"
        case .onlyUnusualMACs(let names):
            "the server has only MACs that libssh2 does not have (\(text(names)))"
        case .onlyUnusualKeyExchanges(let names):
            "the server has only key exchanges that libssh2 does not have (\(text(names)))"
        }
    }

    private func text(_ names: [String]) -> String { names.joined(separator: ", ") }
}
