//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

@testable import ExecnetSSH

/// Keys that need no file: their bytes say only which one they are.
enum TestKey {
    static func ed25519(_ number: UInt8) throws -> HostKey {
        try HostKey(blob: string("ssh-ed25519") + string([UInt8](repeating: number, count: 32)))
    }

    static func ecdsa(_ number: UInt8, curve: String = "nistp256", size: Int = 32) throws -> HostKey {
        let point = [4] + [UInt8](repeating: number, count: 2 * size)
        return try HostKey(blob: string("ecdsa-sha2-\(curve)") + string(curve) + string(point))
    }

    static func rsa(_ number: UInt8) throws -> HostKey {
        try HostKey(blob: string("ssh-rsa") + string([1, 0, 1]) + string([UInt8](repeating: number, count: 256)))
    }

    /// As SSH has them: behind their length.
    static func string(_ bytes: some Collection<UInt8>) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: bytes.count >> (24 - 8 * $0)) } + bytes
    }

    static func string(_ text: String) -> [UInt8] { string(Array(text.utf8)) }
}

/// Files of known hosts from their text.
func knownHosts(_ files: [(name: String, text: String)]) -> KnownHosts {
    var known = KnownHosts()
    for file in files { known.add(Array(file.text.utf8), from: file.name) }
    return known
}

func knownHosts(_ text: String) -> KnownHosts { knownHosts([("file", text)]) }

func text(of path: String) throws -> String { String(decoding: try bytes(of: path), as: UTF8.self) }

func lines(of path: String) throws -> [Substring] { try text(of: path).split(separator: "\n") }

func mode(of path: String) throws -> mode_t {
    var information = stat()
    guard lstat(path, &information) == 0 else { throw NoFile(path: path) }
    return information.st_mode & 0o7777
}

/// Runs a program to its end, and returns what it says.
func run(_ words: [String], in folder: String = "/") throws -> (text: String, status: Int32) {
    let command = words.map {
        "'" + $0.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
    .joined(separator: " ")
    guard let output = popen("cd '\(folder)' && exec \(command) </dev/null 2>&1", "re") else {
        throw NoFile(path: words[0])
    }
    var text: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&piece, 1, piece.count, output), count > 0 { text += piece[..<count] }
    return (String(decoding: text, as: UTF8.self), pclose(output))
}

/// The lines that OpenSSH finds for a name.
func openSSHLines(of name: String, in file: String) throws -> [Int] {
    let (text, _) = try run(["ssh-keygen", "-F", name, "-f", file])
    let head = "# Host \(name) found: line "
    return text.split(separator: "\n").filter { $0.hasPrefix(head) }
        .compactMap { Int($0.dropFirst(head.count).prefix { $0.isNumber }) }
}

/// Makes a key pair with OpenSSH, and returns the public one.
func generatedKey(_ type: String, bits: Int? = nil, in folder: String) throws -> HostKey {
    let path = "\(folder)/\(type)\(bits ?? 0)"
    let size = bits.map { ["-b", "\($0)"] } ?? []
    let (said, status) = try run(["ssh-keygen", "-q", "-t", type, "-N", "", "-f", path] + size)
    try #require(status == 0, "\(said)")
    let words = try text(of: "\(path).pub").split(separator: " ")
    return try HostKey(blob: try #require(Base64.decode(Array(words[1].utf8))))
}

/// What `body` throws as a ``HostKeyError``.
func hostKeyError<R>(_ body: () throws -> R, sourceLocation: SourceLocation = #_sourceLocation) -> HostKeyError? {
    do {
        let result = try body()
        Issue.record("no error but \(result)", sourceLocation: sourceLocation)
    } catch let error as HostKeyError {
        return error
    } catch {
        Issue.record("\(error)", sourceLocation: sourceLocation)
    }
    return nil
}
