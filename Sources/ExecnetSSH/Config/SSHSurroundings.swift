//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// What a configuration may ask about this machine and its user.
struct SSHSurroundings: Sendable {
    /// The user's home folder, for `~` and `%d`.
    var home: String
    /// The user's name here, for `%u`, `Match localuser`, and as the name there if nothing else is said.
    var user: String
    /// Who may own the user's files, besides root; `%i`.
    var userID: UInt32
    /// `%l`, and up to the first dot `%L`.
    var hostName: String
    var variable: @Sendable (String) -> String?

    /// Those of this process. The home folder is the account's, as with OpenSSH, whatever `HOME` says.
    static func current() -> SSHSurroundings? {
        let userID = getuid()
        guard let entry = account({ getpwuid_r(userID, $0, $1, $2, $3) }) else { return nil }
        var name = [CChar](repeating: 0, count: 1_025)
        guard gethostname(&name, name.count - 1) == 0 else { return nil }
        return SSHSurroundings(
            home: entry.home,
            user: entry.name,
            userID: userID,
            hostName: String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self),
            variable: { getenv($0).map { String(cString: $0) } }
        )
    }

    /// The path with its `~` or `~user` replaced; nil if there is no such user.
    func expandingTilde(_ path: String) -> String? {
        guard path.utf8.first == UInt8(ascii: "~") else { return path }
        let name = path.dropFirst().prefix { $0 != "/" }
        let rest = path.dropFirst(1 + name.count).drop { $0 == "/" }
        guard let home = name.isEmpty ? home : SSHSurroundings.home(of: String(name)) else { return nil }
        return (home.utf8.last == UInt8(ascii: "/") ? home : home + "/") + rest
    }

    static func home(of user: String) -> String? {
        account({ getpwnam_r(user, $0, $1, $2, $3) })?.home
    }

    private static func account(
        _ find: (
            UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
        ) -> Int32
    ) -> (name: String, home: String)? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16_384) { buffer in
            guard let base = buffer.baseAddress, find(&entry, base, buffer.count, &found) == 0, found != nil else {
                return nil
            }
            return (String(cString: entry.pw_name), String(cString: entry.pw_dir))
        }
    }
}
