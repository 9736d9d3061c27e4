//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Which servers to trust.
///
/// A key that a file of known hosts revokes is accepted by none of them but ``insecure``.
enum HostKeyPolicy: Sendable {
    /// Only hosts whose key is recorded.
    case strict
    /// Hosts whose key is recorded, and hosts of which nothing is recorded yet: their key then is.
    case acceptNew
    /// Only the host with this key, whatever is recorded.
    case pinned(HostKeyFingerprint)
    /// Hosts whose key is recorded; of hosts of which nothing is recorded yet, those that whoever is asked accepts. Their key then is.
    case ask(@Sendable (HostKeyQuestion) async -> Bool)
    /// Any host. Whoever is between here and there can read and change everything.
    case insecure
}

/// A host key that is not known, for somebody to accept or decline.
public struct HostKeyQuestion: Sendable, Hashable, CustomStringConvertible {
    public let host: String
    public let port: Int
    /// `ssh-ed25519`, `ecdsa-sha2-nistp256` and the like.
    public let keyType: String
    /// To be compared with what the host's administrator says.
    public let fingerprint: HostKeyFingerprint

    public var description: String {
        "The host key of \(HostName(host, port: port)) is not known: \(keyType) \(fingerprint)."
    }
}
