//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Which types of host keys to ask a server for.
///
/// A server has several keys and shows one, of the first type in our list that it has. Were that not the type that is recorded, a host
/// that is known well would look like a stranger.
enum HostKeyOrder: Sendable, Hashable {
    /// The list for libssh2's METHOD_HOSTKEY.
    case methods([String])
    /// Only what libssh2 cannot check is recorded: these types, or none but an authority.
    case needsOpenSSH(recorded: [String])

    /// What libssh2 1.10 can check, without `ssh-rsa` and `ssh-dss`, which are SHA-1.
    static let ofLibssh2 = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"]

    /// `supported` is what may be asked for, the best first.
    init(_ recorded: RecordedTypes, _ policy: HostKeyPolicy, supported: [String] = ofLibssh2) {
        let isBinding: Bool
        let allowsNew: Bool
        switch policy {
        case .strict: (isBinding, allowsNew) = (true, false)
        case .acceptNew, .ask: (isBinding, allowsNew) = (true, true)
        case .pinned, .insecure: (isBinding, allowsNew) = (false, true)
        }
        // What is recorded for the usual port only does not keep a policy that takes new keys from taking one here.
        let binding = recorded.here.isEmpty && !allowsNew ? recorded.withoutPort : recorded.here
        let first = HostKeyOrder.methods(
            of: recorded.here.isEmpty ? recorded.withoutPort : recorded.here,
            in: supported
        )
        if isBinding {
            let isAuthorityAlone = recorded.hasAuthority && recorded.here.isEmpty && recorded.withoutPort.isEmpty
            if isAuthorityAlone || (!binding.isEmpty && first.isEmpty) {
                self = .needsOpenSSH(recorded: binding)
                return
            }
        }
        let isClosed = !allowsNew && !binding.isEmpty
        self = .methods(isClosed ? first : first + supported.filter { !first.contains($0) })
    }

    private static func methods(of types: [String], in supported: [String]) -> [String] {
        types.flatMap { type in
            // One type of key, two ways to sign with it that are not SHA-1.
            type == "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type]
        }
        .filter { supported.contains($0) }
    }
}
