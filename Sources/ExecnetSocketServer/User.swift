//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// An account of this machine, which a server that root started changes to.
struct User: Sendable {
    let name: String
    let uid: uid_t
    let gid: gid_t
    let home: String

    init(name: String) throws(SocketServerError) {
        guard let entry = getpwnam(name)?.pointee else {
            throw SocketServerError("There is no user \"\(name)\" on this machine.")
        }
        self.name = name
        uid = entry.pw_uid
        gid = entry.pw_gid
        home = String(cString: entry.pw_dir)
    }

    /// Makes the whole process this user's, for ever.
    func become() throws(SocketServerError) {
        guard geteuid() == 0 else {
            throw SocketServerError(
                "Only root can change to the user \"\(name)\"; start the server as that user instead."
            )
        }
        guard initgroups(name, gid) == 0, setgid(gid) == 0, setuid(uid) == 0 else {
            throw SocketServerError("Cannot change to the user \"\(name)\": \(String(cString: strerror(errno))).")
        }
    }

    /// What a login would set.
    var variables: [String: String] { ["HOME": home, "USER": name, "LOGNAME": name] }

    /// Where its processes start: at home, if it can go there.
    var directory: String { access(home, X_OK) == 0 ? home : "/" }
}
