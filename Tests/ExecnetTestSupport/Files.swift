//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetSystem

/// A file that a test needs could not be made or read.
package struct NoFile: Error {
    package let path: String

    package init(path: String) { self.path = path }
}

/// Makes a folder for the time of `body`.
package func withTemporaryFolder<R>(
    isolation: isolated (any Actor)? = #isolation,
    _ body: (String) async throws -> R
) async throws -> R {
    let path = "\(TestRun.temporaryFolder)/\(UInt64.random(in: 0 ... .max))"
    try makeFolder(path)
    defer { removeTree(path) }
    return try await body(path)
}

package func makeFolder(_ path: String) throws {
    guard mkdir(path, 0o700) == 0 else { throw NoFile(path: path) }
}

/// Removes a file, or a folder and all that is in it.
package func removeTree(_ path: String) {
    if unlink(path) == 0 || rmdir(path) == 0 { return }
    for name in names(in: path) { removeTree("\(path)/\(name)") }
    rmdir(path)
}

/// Without `.` and `..`, sorted; none where there is no folder.
package func names(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}

package func writeFile(_ pieces: [UInt8]..., to path: String, mode: mode_t = 0o600) throws {
    guard let file = fopen(path, "w") else { throw NoFile(path: path) }
    for bytes in pieces { fwrite(bytes, 1, bytes.count, file) }
    guard fclose(file) == 0, chmod(path, mode) == 0 else { throw NoFile(path: path) }
}

package func writeFile(_ text: String, to path: String, mode: mode_t = 0o600) throws {
    try writeFile(Array(text.utf8), to: path, mode: mode)
}

/// A copy that can be run.
package func copyFile(_ source: String, to target: String) throws {
    try writeFile(try bytes(of: source), to: target, mode: 0o700)
}

package func bytes(of path: String) throws -> [UInt8] {
    guard let file = fopen(path, "r") else { throw NoFile(path: path) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
    return bytes
}
