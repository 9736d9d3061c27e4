//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The line with which an SSH server names itself: `SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10`.
struct ServerVersion: Sendable, Hashable, CustomStringConvertible {
    /// `2.0`, or `1.99` if it can do older ones too.
    let protocolVersion: String
    /// Program and version, such as `OpenSSH_9.2p1` or `dropbear_2022.83`.
    let software: String
    /// What follows after a space; often the distribution.
    let comment: String

    var isDropbear: Bool { software.utf8.starts(with: "dropbear".utf8) }
    var isOpenSSH: Bool { software.utf8.starts(with: "OpenSSH".utf8) }

    var description: String { comment.isEmpty ? software : "\(software) \(comment)" }

    /// - Parameter line: begins with `SSH-`; without its end.
    init(_ line: some Collection<UInt8>) throws(PrefaceError) {
        guard line.count <= PrefaceLimit.versionSize else { throw .versionTooLong }
        let rest = line.dropFirst(4)
        guard let dash = rest.firstIndex(of: UInt8(ascii: "-")) else { throw .badVersion(SSHText.printable(line)) }
        let protocolVersion = SSHText.printable(rest[..<dash])
        guard ["2.0", "1.99"].contains(protocolVersion) else { throw .protocolVersion(protocolVersion) }
        let name = rest[rest.index(after: dash)...]
        let end = name.firstIndex(of: UInt8(ascii: " ")) ?? name.endIndex
        guard end > name.startIndex else { throw .badVersion(SSHText.printable(line)) }
        self.protocolVersion = protocolVersion
        software = SSHText.printable(name[..<end])
        comment = SSHText.printable(name[end...].dropFirst())
    }
}
