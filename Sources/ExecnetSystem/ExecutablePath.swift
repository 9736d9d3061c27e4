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
            execnet_started_through_loader() ? resolvedRunning : "/proc/self/exe"
        #else
            CommandLine.arguments.first ?? ""
        #endif
    }()

    /// The running executable's own path, for finding files beside it and for showing.
    package static let resolvedRunning: String = {
        if execnet_started_through_loader(), let path = mapped { return path }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink("/proc/self/exe", &buffer, Int(PATH_MAX))
        guard count > 0 else { return CommandLine.arguments.first ?? "" }
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()

    /// The file that the executable's memory comes from. What the kernel calls the executable is the loader, if that was started with the
    /// executable as its argument.
    private static var mapped: String? {
        let start = UInt(bitPattern: execnet_image_start())
        for line in SmallFile.read("/proc/self/maps")?.split(separator: UInt8(ascii: "\n")) ?? [] {
            // "start-end permissions offset device inode      path". See proc(5).
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
            guard fields.count == 6, let path = fields[5].firstIndex(of: UInt8(ascii: "/")) else { continue }
            let bounds = fields[0].split(separator: UInt8(ascii: "-")).compactMap {
                UInt(String(decoding: $0, as: UTF8.self), radix: 16)
            }
            guard bounds.count == 2, bounds[0] <= start, start < bounds[1] else { continue }
            return String(decoding: fields[5][path...], as: UTF8.self)
        }
        return nil
    }

    /// The executable that a command names: itself if it has a slash, else the first found along PATH.
    package static func find(_ command: String, path: String? = getenv("PATH").map { String(cString: $0) }) -> String? {
        if command.contains("/") { return access(command, X_OK) == 0 ? command : nil }
        for directory in (path ?? usualPath).split(
            separator: ":",
            omittingEmptySubsequences: false
        ) {
            let candidate = (directory.isEmpty ? "." : String(directory)) + "/" + command
            if access(candidate, X_OK) == 0, isFile(candidate) { return candidate }
        }
        return nil
    }

    /// What PATH is taken to be if it is not set.
    package static let usualPath = "/usr/local/bin:/usr/bin:/bin"

    package static func isFile(_ path: String) -> Bool {
        var information = stat()
        return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFREG
    }

    package static func isFolder(_ path: String) -> Bool {
        var information = stat()
        return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
    }
}
