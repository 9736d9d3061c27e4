//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem

/// Where programs are.
package enum ExecutablePath {
    /// The running executable. On Linux a name that stays right when the file is replaced or removed.
    package static let running: String = {
        #if os(Linux)
            "/proc/self/exe"
        #else
            CommandLine.arguments.first ?? ""
        #endif
    }()

    /// The running executable's own path, for finding files beside it and for showing.
    package static let resolvedRunning: String = {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink("/proc/self/exe", &buffer, Int(PATH_MAX))
        guard count > 0 else { return CommandLine.arguments.first ?? "" }
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()

    /// The executable that a command names: itself if it has a slash, else the first found along PATH.
    package static func find(_ command: String, path: String? = getenv("PATH").map { String(cString: $0) }) -> String? {
        if command.contains("/") { return access(command, X_OK) == 0 ? command : nil }
        for directory in (path ?? "/usr/local/bin:/usr/bin:/bin").split(
            separator: ":",
            omittingEmptySubsequences: false
        ) {
            let candidate = (directory.isEmpty ? "." : String(directory)) + "/" + command
            if access(candidate, X_OK) == 0, isFile(candidate) { return candidate }
        }
        return nil
    }

    private static func isFile(_ path: String) -> Bool {
        var information = stat()
        return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFREG
    }
}
