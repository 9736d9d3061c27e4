//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Why a host's key is not accepted, and what its user can do.
struct HostKeyRefusal: Sendable, Hashable, CustomStringConvertible {
    enum Reason: Sendable, Hashable {
        case unknown
        /// None of this type is recorded, but these are.
        case otherTypes([String])
        case changed(file: String, line: Int, recorded: HostKey)
        case revoked(file: String, line: Int)
        case authorityOnly
        case notThePinned(HostKeyFingerprint)
        case declined
    }

    let name: HostName
    /// What the host presents.
    let key: HostKey
    let reason: Reason
    /// Where a line for the host belongs.
    let file: String

    /// Whether the OpenSSH client could still find the host trustworthy.
    var needsOpenSSH: Bool { reason == .authorityOnly }

    var description: String {
        switch reason {
        case .unknown:
            """
            The host key of \(name) is not known: \(shown). Compare this with what the host's administrator says \
            (on the host: ssh-keygen -l -f /etc/ssh/ssh_host_\(kind)_key.pub). If it is the same, \(additionOrPin)
            """
        case .otherTypes(let types):
            """
            The host key of \(name) is not known: \(shown). Only keys of other types are recorded for it \
            (\(types.joined(separator: ", "))): somebody may be pretending to be the host, or it has got a new key. If you know that \
            it has, \(additionOrPin)
            """
        case .changed(let file, let line, let recorded):
            """
            The host key of \(name) HAS CHANGED: the host presents \(shown), but \(recorded.type) \(recorded.fingerprint) is recorded \
            in \(file):\(line). Somebody may be pretending to be the host, or it was set up anew. If you know that it was, remove the \
            recorded key: ssh-keygen -f \(quoted(file)) -R \(quoted(name.description))
            """
        case .revoked(let file, let line):
            """
            The host key of \(name) is revoked: \(shown), by \(file):\(line). Whoever has it must not be trusted; the host needs \
            a new key.
            """
        case .authorityOnly:
            """
            The host key of \(name) is not known: \(shown). Only an authority is recorded for it (@cert-authority), and libssh2 cannot \
            check certificates. Use the OpenSSH client (sshcmd=), or \(additionOrPin)
            """
        case .notThePinned(let pinned):
            """
            The host key of \(name) is not the expected one: the host presents \(shown), but \(pinned) is expected. Somebody may be \
            pretending to be the host, or it was set up anew; if you know that it was, expect its new fingerprint.
            """
        case .declined:
            "The host key of \(name) was declined: \(shown)."
        }
    }

    private var shown: String { "\(key.type) \(key.fingerprint)" }

    /// How the files of servers call keys of its type: `ed25519`, `ecdsa`, `rsa`.
    private var kind: String {
        let parts = key.type.split(separator: "-")
        return parts.first == "ssh" && parts.count == 2 ? String(parts[1]) : String(parts.first ?? "")
    }

    /// The line comes last, to be copied.
    private var additionOrPin: String {
        let pin = "pin it (hostkey=\(key.fingerprint))"
        return name.canBeRecorded ? "add this line to \(file), or \(pin): \(name) \(key.text)" : "\(pin)."
    }

    /// As one word of a shell's command.
    private func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
