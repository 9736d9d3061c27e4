//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// Which configuration files are read.
struct SSHConfigFiles: Sendable, Hashable {
    /// The user's file.
    let user: String?
    /// The system's file, read after it.
    let system: String?
    /// Whether the user's file was named by the caller: then it must be there, and anybody may own it.
    let isNamed: Bool

    /// Those that OpenSSH reads.
    static func standard(home: String, system: String = "/etc/ssh/ssh_config") -> SSHConfigFiles {
        SSHConfigFiles(user: home + "/.ssh/config", system: system, isNamed: false)
    }

    /// One file instead of those, or none if the name is `none`.
    static func named(_ path: String) -> SSHConfigFiles {
        path.asciiLowercased == "none" ? none : SSHConfigFiles(user: path, system: nil, isNamed: true)
    }

    static let none = SSHConfigFiles(user: nil, system: nil, isNamed: false)
}

/// Reads whole configuration files.
enum SSHConfigFile {
    static let maximumSize = 1 << 20

    enum Reading {
        case content([UInt8])
        /// It cannot be opened, and why.
        case absent(String)
    }

    /// - Parameter owner: Who may have written the file, besides root; nil takes everybody's.
    static func content(of path: String, writtenBy owner: SSHSurroundings?) throws(SSHConfigError) -> Reading {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return .absent(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        if let owner, !isSafe(descriptor, for: owner) {
            throw SSHConfigError(.exposed, "others than its owner may write to \(path), or own it")
        }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while content.count <= maximumSize {
            let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            // A folder has no lines, says OpenSSH.
            guard count > 0 else { return .content(content) }
            content += chunk[..<count]
        }
        throw SSHConfigError(.limit, "\(path) is larger than \(maximumSize) bytes")
    }

    /// Whether only root and the user can have written a file.
    private static func isSafe(_ descriptor: Int32, for owner: SSHSurroundings) -> Bool {
        var information = stat()
        guard fstat(descriptor, &information) == 0,
            information.st_uid == 0 || information.st_uid == owner.userID,
            information.st_mode & 0o002 == 0
        else { return false }
        return information.st_mode & 0o020 == 0 || isOwnGroup(information.st_gid, of: owner.user)
    }

    /// Whether it is a group for that user alone, which Debian makes for each; its OpenSSH takes these as well.
    private static func isOwnGroup(_ id: gid_t, of user: String) -> Bool {
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16_384) { buffer in
            guard getgrgid_r(id, &entry, buffer.baseAddress, buffer.count, &found) == 0, found != nil,
                String(cString: entry.gr_name) == user
            else { return false }
            var member = entry.gr_mem
            while let name = member?.pointee {
                guard String(cString: name) == user else { return false }
                member = member?.successor()
            }
            return true
        }
    }
}
