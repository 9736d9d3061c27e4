//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What two sides of SSH have to agree about.
enum AlgorithmKind: Sendable, Hashable, CustomStringConvertible {
    enum Direction: String, Sendable, Hashable {
        case toServer = "to the server"
        case fromServer = "from the server"
    }

    case keyExchange
    case hostKey
    case cipher(Direction)
    case mac(Direction)
    case compression(Direction)

    var description: String {
        switch self {
        case .keyExchange: "key exchange"
        case .hostKey: "type of host key"
        case .cipher(let direction): "cipher \(direction.rawValue)"
        case .mac(let direction): "MAC \(direction.rawValue)"
        case .compression(let direction): "compression \(direction.rawValue)"
        }
    }
}

/// The algorithms that we offer, the best first. The first of a kind that the server has too is the one that is used.
struct Algorithms: Sendable, Hashable {
    var keyExchanges: [String]
    var hostKeys: [String]
    var ciphers: [String]
    var macs: [String]

    /// Nothing else pays: what is sent is mostly code, and packed already.
    static let compressions = ["none"]

    /// What is offered unless a configuration says otherwise, of what libssh2 1.10 has. **This order is the only place that decides.**
    static let preferred = Algorithms(
        // Fast and safe first. What needs SHA-1, and the groups of primes that are too small, only on demand.
        keyExchanges: [
            "curve25519-sha256", "curve25519-sha256@libssh.org",
            "ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521",
            "diffie-hellman-group-exchange-sha256", "diffie-hellman-group14-sha256",
            "diffie-hellman-group16-sha512", "diffie-hellman-group18-sha512",
        ],
        // Never `ssh-rsa` and `ssh-dss`, which sign SHA-1. What is recorded for a host goes before all others (`HostKeyOrder`).
        hostKeys: ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"],
        // All are safe; the shortest key is the fastest.
        ciphers: ["aes128-ctr", "aes192-ctr", "aes256-ctr"],
        // SHA-1 is still safe in a MAC, and some appliances have no other.
        macs: ["hmac-sha2-256", "hmac-sha2-512", "hmac-sha1"]
    )

    /// What a configuration may ask for: the above and what libssh2 1.10 has of the older ones that OpenSSH has as well.
    static let known = Algorithms(
        keyExchanges: preferred.keyExchanges + [
            "diffie-hellman-group14-sha1", "diffie-hellman-group-exchange-sha1", "diffie-hellman-group1-sha1",
        ],
        hostKeys: preferred.hostKeys,
        ciphers: preferred.ciphers + ["aes256-cbc", "aes192-cbc", "aes128-cbc", "3des-cbc"],
        macs: preferred.macs + ["hmac-sha1-96", "hmac-md5", "hmac-md5-96"]
    )
}

// MARK: narrowing

extension Algorithms {
    /// What a configuration changes: the values of `KexAlgorithms`, `HostKeyAlgorithms`, `Ciphers` and `MACs`.
    struct Change: Sendable, Hashable {
        var keyExchanges: SSHAlgorithmList?
        var hostKeys: SSHAlgorithmList?
        var ciphers: SSHAlgorithmList?
        var macs: SSHAlgorithmList?
    }

    /// What is left of these after a change. Throws if of one kind nothing is.
    func changed(by change: Change, known: Algorithms = known) throws(OpenSSHReason) -> Algorithms {
        Algorithms(
            keyExchanges: try Algorithms.apply(change.keyExchanges, "KexAlgorithms", keyExchanges, known.keyExchanges),
            hostKeys: try Algorithms.apply(change.hostKeys, "HostKeyAlgorithms", hostKeys, known.hostKeys),
            ciphers: try Algorithms.apply(change.ciphers, "Ciphers", ciphers, known.ciphers),
            macs: try Algorithms.apply(change.macs, "MACs", macs, known.macs)
        )
    }

    private static func apply(
        _ list: SSHAlgorithmList?,
        _ option: String,
        _ defaults: [String],
        _ known: [String]
    ) throws(OpenSSHReason) -> [String] {
        guard let list else { return defaults }
        let names = list.applied(to: defaults, known: known)
        guard !names.isEmpty else { throw .configuration(option: option, list.names) }
        return names
    }

    /// What a library has of these.
    func filtered(by isSupported: (_ name: String) -> Bool) -> Algorithms {
        Algorithms(
            keyExchanges: keyExchanges.filter(isSupported),
            hostKeys: hostKeys.filter(isSupported),
            ciphers: ciphers.filter(isSupported),
            macs: macs.filter(isSupported)
        )
    }
}
