//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// Finds the files of an `Include` line.
enum SSHConfigInclude {
    /// The files that match a pattern, in order; none is no mistake.
    static func files(
        _ pattern: String,
        isUsers: Bool,
        of files: SSHConfigFiles,
        surroundings: SSHSurroundings,
        at place: SSHConfigPlace
    ) throws(SSHConfigError) -> [String] {
        var path = pattern
        if pattern.utf8.first == UInt8(ascii: "~") {
            guard isUsers else {
                throw SSHConfigError(.badValue, "the system's file cannot include files of a home folder", at: place)
            }
            let name = pattern.dropFirst().prefix { $0 != "/" }
            guard let home = name.isEmpty ? surroundings.home : SSHSurroundings.home(of: String(name)) else {
                return []
            }
            path = escaped(home) + pattern.dropFirst(1 + name.count)
        } else if pattern.utf8.first != UInt8(ascii: "/") {
            let folder = isUsers ? surroundings.home + "/.ssh" : files.systemFolder
            path = escaped(folder) + "/" + pattern
        }
        var found = glob_t()
        defer { globfree(&found) }
        switch glob(path, 0, nil, &found) {
        case 0: break
        case GLOB_NOMATCH: return []
        default: throw SSHConfigError(.unreadable, "cannot look for the files \(pattern)", at: place)
        }
        return (0..<Int(found.gl_pathc)).compactMap { index in
            found.gl_pathv[index].map { String(cString: $0) }
        }
    }

    /// The folder's name as a pattern that matches nothing else.
    private static func escaped(_ folder: String) -> String {
        var result: [UInt8] = []
        for byte in folder.utf8 {
            if "*?[\\".utf8.contains(byte) { result.append(UInt8(ascii: "\\")) }
            result.append(byte)
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension SSHConfigFiles {
    fileprivate var systemFolder: String {
        guard let system, let slash = system.lastIndex(of: "/") else { return "/etc/ssh" }
        return String(system[..<slash])
    }
}
