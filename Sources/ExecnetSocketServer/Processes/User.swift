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
    private let shell: String

    init(name: String) throws(SocketServerError) {
        guard let entry = getpwnam(name)?.pointee else {
            throw SocketServerError("There is no user \"\(name)\" on this machine.")
        }
        self.name = name
        uid = entry.pw_uid
        gid = entry.pw_gid
        home = String(cString: entry.pw_dir)
        shell = entry.pw_shell.map { String(cString: $0) } ?? ""
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

    /// Where programs are for everybody; root's own path has others.
    private static let path = "/usr/local/bin:/usr/bin:/bin"

    /// An environment for this user: without what is about somebody else, and with what a login would set.
    func environment(from variables: [String: String]) -> [String: String] {
        var own = variables.filter { name, _ in
            name != "MAIL" && !name.hasPrefix("XDG_") && !name.hasPrefix("SUDO_")
        }
        own["HOME"] = home
        own["USER"] = name
        own["LOGNAME"] = name
        own["SHELL"] = shell.isEmpty ? "/bin/sh" : shell
        own["PATH"] = User.path
        return own
    }

    /// Where its processes start: at home, if it can go there.
    var directory: String { access(home, X_OK) == 0 ? home : "/" }
}
