//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What goes wrong with host keys and the files that they are recorded in.
enum HostKeyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The bytes that a server or a file has for a key are none.
    case unusableKey(String)
    /// A file is there, and what it says cannot be known.
    case unreadableFile(path: String, why: String)
    /// The key was accepted, but the next connection will not know it.
    case notRecorded(path: String, why: String, line: String?)
    /// The key must not be trusted.
    case refused(HostKeyRefusal)

    var description: String {
        switch self {
        case .unusableKey(let why):
            "The host key cannot be used: \(why)."
        case .unreadableFile(let path, let why):
            "The file of known hosts \"\(path)\" cannot be used: \(why). It may revoke keys, so it is not left out."
        case .notRecorded(let path, let why, let line?):
            "The host key cannot be recorded in \"\(path)\": \(why). Add this line to it by hand: \(line)"
        case .notRecorded(let path, let why, nil):
            "The host key cannot be recorded in \"\(path)\": \(why)."
        case .refused(let refusal):
            refusal.description
        }
    }
}
