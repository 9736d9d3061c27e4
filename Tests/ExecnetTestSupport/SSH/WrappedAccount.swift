//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem

/// The account of this process as one program is to see it: with another home folder, login shell and password. The system's own is
/// neither changed nor read. By libnss_wrapper, which serves the program other files instead of those in /etc.
struct WrappedAccount {
    var home: String
    /// Login shell. Dropbear accepts what /etc/shells names.
    var shell = "/bin/sh"
    /// None: no password is the right one.
    var password: String?

    /// Name of the user whose process this is.
    static var user: String {
        guard let entry = getpwuid(getuid())?.pointee else { return "root" }
        return String(cString: entry.pw_name)
    }

    /// Writes the files into a folder, and returns the environment of a program that is to see them.
    func install(in folder: String) async throws -> [String: String] {
        let user = WrappedAccount.user
        // sshd looks for the user to whom its unprivileged part belongs.
        let service = getpwnam("sshd").map { $0.pointee.pw_uid } ?? 65_534
        var accounts = "\(user):x:\(getuid()):\(getgid())::\(home):\(shell)\n"
        accounts += "sshd:x:\(service):65534::/run/sshd:/usr/sbin/nologin\n"
        try writeFile(accounts, to: folder + "/passwd", mode: 0o644)
        try writeFile("\(user):x:\(getgid()):\nnogroup:x:65534:\n", to: folder + "/group", mode: 0o644)
        let hash = if let password { try await hash(password) } else { "*" }
        try writeFile("\(user):\(hash):19000:0:99999:7:::\nsshd:*:19000::::::\n", to: folder + "/shadow")
        return [
            "LD_PRELOAD": "libnss_wrapper.so",
            "NSS_WRAPPER_PASSWD": folder + "/passwd",
            "NSS_WRAPPER_GROUP": folder + "/group",
            "NSS_WRAPPER_SHADOW": folder + "/shadow",
        ]
    }

    /// As in /etc/shadow. Perl belongs to every Debian.
    private func hash(_ password: String) async throws -> String {
        let script = "print crypt($ENV{TEXT}, '$6$salt$')"
        return try await TestProgram.output(of: "/usr/bin/perl", ["-e", script], variables: ["TEXT": password])
    }
}
