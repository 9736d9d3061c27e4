//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// A PAM for one program, which asks the user one question after the other. By libpam_wrapper, which makes the program read other service
/// files than those in /etc, and whose module pam_matrix compares the answers with what a file says.
enum WrappedPAM {
    /// Writes the files into a folder, and returns the environment of a program that is to see them.
    ///
    /// - Parameter answers: the right ones.
    static func install(_ answers: [String], in folder: String) throws -> [String: String] {
        let modules = names(in: "/usr/lib").map { (name: String) in "/usr/lib/\(name)/pam_wrapper/pam_matrix.so" }
        guard let module = modules.first(where: { access($0, R_OK) == 0 }) else { throw NoFile(path: "pam_matrix.so") }
        let services = folder + "/pam.d"
        try makeFolder(services)
        var lines: [String] = []
        for (index, answer) in answers.enumerated() {
            let file = "\(folder)/answer\(index)"
            try writeFile("\(WrappedAccount.user):\(answer):sshd\n", to: file)
            lines.append("auth required \(module) passdb=\(file)")
        }
        lines += ["account required pam_permit.so", "session required pam_permit.so"]
        try writeFile(lines.joined(separator: "\n") + "\n", to: services + "/sshd")
        return [
            "LD_PRELOAD": "libpam_wrapper.so",
            "PAM_WRAPPER": "1",
            "PAM_WRAPPER_SERVICE_DIR": services,
        ]
    }

    /// Removes what the library leaves behind in /tmp: a folder of each process that was killed, or exited by the short way.
    static func removeLeftOvers() {
        for folder in names(in: "/tmp").filter({ $0.hasPrefix("pam.") }).map({ "/tmp/" + $0 }) {
            guard let pid = (try? bytes(of: folder + "/pid")).flatMap({ Int32(String(decoding: $0, as: UTF8.self)) }),
                kill(pid, 0) != 0
            else { continue }
            removeTree(folder)
        }
    }
}
