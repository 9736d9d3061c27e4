//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Foundation

/// Finds the files to count.
enum TextFiles {
    /// The paths of all regular files under a folder, in order; of the system's licence texts if there is none.
    static func find(_ directory: String?) throws(UsageError) -> [String] {
        guard let directory else { return licences() }
        let folder = URL(fileURLWithPath: directory, isDirectory: true).resolvingSymlinksInPath()
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder), isFolder.boolValue else {
            throw UsageError(message: "\(directory) is not a directory.")
        }
        return files(under: folder)
    }

    private static func licences() -> [String] {
        let documents = URL(fileURLWithPath: "/usr/share/doc", isDirectory: true)
        let packages = contents(of: documents).filter { isKind(.isDirectoryKey, $0) }
        let texts = packages.map { $0.appendingPathComponent("copyright") }
        return files(under: URL(fileURLWithPath: "/usr/share/common-licenses", isDirectory: true))
            + texts.filter { isKind(.isRegularFileKey, $0) }.map(\.path).sorted()
    }

    private static func files(under folder: URL) -> [String] {
        let all = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey])
        return (all?.compactMap { $0 as? URL } ?? []).filter { isKind(.isRegularFileKey, $0) }.map(\.path).sorted()
    }

    private static func contents(of folder: URL) -> [URL] {
        (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
    }

    /// Says of the entry itself, not of what a link points to, whether it is a file or a folder.
    private static func isKind(_ key: URLResourceKey, _ url: URL) -> Bool {
        guard let values = try? url.resourceValues(forKeys: [key]) else { return false }
        return (key == .isDirectoryKey ? values.isDirectory : values.isRegularFile) ?? false
    }
}
