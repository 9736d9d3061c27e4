//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What an SSH server says before anything is encrypted.
struct Preface: Sendable, Hashable {
    /// What it printed before its version, as an error shows it; the first of them, if there are many.
    let lines: [String]
    let version: ServerVersion
    let offer: AlgorithmOffer
}

/// How much of a preface is taken.
enum PrefaceLimit {
    /// Lines before the version. OpenSSH takes 1024, but no server has that much to say.
    static let lines = 128
    /// Bytes of such a line without its end, as OpenSSH has it.
    static let lineSize = 8_192
    /// As many of those lines are kept.
    static let keptLines = 16
    /// Bytes of the version's line without its end (RFC 4253, 4.2: 255 with it).
    static let versionSize = 253
    /// Bytes behind the length of a packet (RFC 4253, 6.1: at least 35000 in all must be taken).
    static let packetSize = 35_000
    /// Packets that mean nothing before the one that counts.
    static let emptyPackets = 16
}
