//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The algorithms that two lists lead to.
struct ChosenAlgorithms: Sendable, Hashable, CustomStringConvertible {
    /// Those of one direction.
    struct Direction: Sendable, Hashable {
        let cipher: String
        /// Nil where the cipher authenticates by itself.
        let mac: String?
    }

    let keyExchange: String
    let hostKey: String
    let toServer: Direction
    let fromServer: Direction
    /// Whether a packet of the server has to be thrown away, as it guessed wrong (RFC 4253, 7).
    let isGuessWrong: Bool

    var description: String {
        func text(_ direction: Direction) -> String { direction.cipher + (direction.mac.map { ", \($0)" } ?? "") }
        let both = text(toServer) + (toServer == fromServer ? "" : " / \(text(fromServer))")
        return "\(keyExchange), \(hostKey), \(both)"
    }

    /// Of each kind the first of ours that the server has too (RFC 4253, 7.1).
    init(_ ours: Algorithms, _ theirs: AlgorithmOffer) throws(NoCommonAlgorithm) {
        func first(_ kind: AlgorithmKind, _ ours: [String], _ theirs: [String]) throws(NoCommonAlgorithm) -> String {
            guard let name = ours.first(where: theirs.contains) else {
                throw NoCommonAlgorithm(kind: kind, ours: ours, theirs: theirs.filter { !$0.isSignal })
            }
            return name
        }
        func direction(
            _ direction: AlgorithmKind.Direction,
            _ ciphers: [String],
            _ macs: [String]
        ) throws(NoCommonAlgorithm) -> Direction {
            let cipher = try first(.cipher(direction), ours.ciphers, ciphers)
            guard !cipher.isAuthenticatedCipher else { return Direction(cipher: cipher, mac: nil) }
            return Direction(cipher: cipher, mac: try first(.mac(direction), ours.macs, macs))
        }
        keyExchange = try first(.keyExchange, ours.keyExchanges.filter { !$0.isSignal }, theirs.keyExchanges)
        hostKey = try first(.hostKey, ours.hostKeys, theirs.hostKeys)
        toServer = try direction(.toServer, theirs.ciphersToServer, theirs.macsToServer)
        fromServer = try direction(.fromServer, theirs.ciphersFromServer, theirs.macsFromServer)
        _ = try first(.compression(.toServer), Algorithms.compressions, theirs.compressionsToServer)
        _ = try first(.compression(.fromServer), Algorithms.compressions, theirs.compressionsFromServer)
        isGuessWrong =
            theirs.firstPacketFollows
            && (ours.keyExchanges.first != theirs.keyExchanges.first || ours.hostKeys.first != theirs.hostKeys.first)
    }
}

/// The two sides have no algorithm of a kind in common.
struct NoCommonAlgorithm: Error, Sendable, Hashable, CustomStringConvertible {
    let kind: AlgorithmKind
    let ours: [String]
    let theirs: [String]

    var description: String {
        func text(_ names: [String]) -> String { names.isEmpty ? "none" : names.joined(separator: ", ") }
        return "The server has no \(kind) that libssh2 has. The server's: \(text(theirs)). Ours: \(text(ours))."
    }
}

extension String {
    /// Names in the list of key exchanges that are none, but say what else a side can do.
    var isSignal: Bool {
        // The last is Dropbear's.
        ["ext-info-", "kex-strict-", "kexguess2@"].contains { utf8.starts(with: $0.utf8) }
    }

    var isAuthenticatedCipher: Bool {
        self == "chacha20-poly1305@openssh.com" || self == "AEAD_AES_128_GCM" || self == "AEAD_AES_256_GCM"
            || utf8.reversed().starts(with: "-gcm@openssh.com".utf8.reversed())
            || utf8.reversed().starts(with: "-gcm".utf8.reversed())
    }

    /// Whether MACs of the name are made after encryption, which libssh2 1.10 cannot.
    var isEncryptThenMAC: Bool { utf8.reversed().starts(with: "-etm@openssh.com".utf8.reversed()) }
}
