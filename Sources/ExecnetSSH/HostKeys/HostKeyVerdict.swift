//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What known_hosts files say about a key that a host presents.
enum HostKeyVerdict: Sendable, Hashable {
    case match
    /// No such key is recorded; of other types these are, and then no policy takes it for a stranger's.
    case unknown(recordedTypes: [String])
    /// Another key of the same type is recorded.
    case changed(file: String, line: Int, recorded: HostKey)
    /// The key must never be accepted.
    case revoked(file: String, line: Int)
    /// No key of the host is recorded, only one that signs keys: libssh2 does not know certificates.
    case authorityOnly
}

/// Which types of keys are recorded for a host, in the order of the files.
struct RecordedTypes: Sendable, Hashable {
    /// Of the host on this very port.
    var here: [String] = []
    /// Of the host on the usual port, where nothing is recorded for this one.
    var withoutPort: [String] = []
    /// Whether a key is recorded that signs the host's keys.
    var hasAuthority = false
}
