//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A server as known_hosts files name it.
struct HostName: Sendable, Hashable, CustomStringConvertible {
    /// Not written, as it is everybody's.
    static let usualPort = 22
    /// Longer ones are not written down: a line has a limit too.
    static let maximumSize = 1_024

    /// In small letters, without brackets.
    let host: String
    let port: Int

    /// The name or address that the user gave, or the HostKeyAlias, which goes without a port.
    init(_ host: String, port: Int = usualPort) {
        self.host = host.asciiLowercased
        self.port = port
    }

    /// `host`, or `[host]:port` where the port is not the usual one: what patterns are held against, and hashes made of.
    var description: String { port == HostName.usualPort ? host : "[\(host)]:\(port)" }

    /// The same server as if it were on the usual port; nil if it is. OpenSSH looks for that too.
    var withoutPort: HostName? { port == HostName.usualPort ? nil : HostName(host) }

    /// Whether a line for it would be for it alone. A name like `*` would vouch for every host there is.
    var canBeRecorded: Bool {
        let special = Array("*?!,|#@\"'\\[]".utf8)
        return (1...HostName.maximumSize).contains(host.utf8.count)
            && host.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && !special.contains($0) }
    }
}
