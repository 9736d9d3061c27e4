//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetLaunchers
import ExecnetSystem
import ExecnetTestSupport
import Testing

/// A static executable, from Debian's busybox-static.
let staticExecutable = "/bin/busybox"

struct NoFile: Error {
    var path: String
}

/// Makes a folder for the time of `body`.
func withTemporaryFolder<R>(
    isolation: isolated (any Actor)? = #isolation,
    _ body: (String) async throws -> R
) async throws -> R {
    let path = "\(TestRun.temporaryFolder)/\(UInt64.random(in: 0 ... .max))"
    try makeFolder(path)
    defer { removeTree(path) }
    return try await body(path)
}

func makeFolder(_ path: String) throws { guard mkdir(path, 0o700) == 0 else { throw NoFile(path: path) } }

func removeTree(_ path: String) {
    if unlink(path) == 0 || rmdir(path) == 0 { return }
    for name in names(in: path) { removeTree(path + "/" + name) }
    rmdir(path)
}

/// Without `.` and `..`, sorted.
func names(in path: String) -> [String] {
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

func writeFile(_ pieces: [UInt8]..., to path: String, mode: mode_t = 0o600) throws {
    guard let file = fopen(path, "w") else { throw NoFile(path: path) }
    for bytes in pieces { fwrite(bytes, 1, bytes.count, file) }
    guard fclose(file) == 0, chmod(path, mode) == 0 else { throw NoFile(path: path) }
}

func bytes(of path: String) throws -> [UInt8] {
    guard let file = fopen(path, "r") else { throw NoFile(path: path) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
    return bytes
}

func link(_ target: String, at path: String) throws {
    guard symlink(target, path) == 0 else { throw NoFile(path: path) }
}

/// Whether there is anything of that name, be it a link that leads nowhere.
func exists(_ path: String) -> Bool {
    var information = stat()
    return lstat(path, &information) == 0
}

func bytes(of content: ImageContent) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
        let piece = try content.read(at: bytes.count, atMost: 100_000)
        if piece.isEmpty { break }
        bytes += piece
    }
    #expect(bytes.count == content.size)
    return bytes
}

/// Runs a program to its end. Both its outputs come back together.
func run(
    _ words: [String],
    variables: [(name: String, value: String)] = [],
    input: String = "/dev/null"
) async throws -> (text: String, status: ExecnetSystem.ExitStatus) {
    var plan = ProcessPlan(executable: try #require(ExecutablePath.find(words[0])), arguments: words)
    for variable in variables { plan.environment[variable.name] = variable.value }
    let output = try DescriptorPair.pipe()
    let source = Descriptor(owning: open(input, O_RDONLY | O_CLOEXEC))
    let program = try ChildProcess.start(
        plan,
        input: source,
        output: output.second,
        errors: output.second,
        poller: PollerThread.shared()
    )
    output.second.close()
    source.close()
    let reader = try DescriptorReader(output.first, poller: PollerThread.shared())
    var text: [UInt8] = []
    while let bytes = await reader.next() { text += bytes }
    let status = await withCheckedContinuation { continuation in
        program.whenEnded { continuation.resume(returning: $0) }
    }
    return (String(decoding: text, as: UTF8.self), status)
}

/// Expects that `body` throws a ``GatewayError`` with this code whose text contains all of `parts`.
func expectGatewayError<R>(
    _ code: GatewayError.Code,
    _ parts: String...,
    sourceLocation: SourceLocation = #_sourceLocation,
    isolation: isolated (any Actor)? = #isolation,
    _ body: () async throws -> R
) async {
    do {
        _ = try await body()
        Issue.record("no error instead of \(code)", sourceLocation: sourceLocation)
    } catch {
        #expect((error as? GatewayError)?.code == code, "\(error)", sourceLocation: sourceLocation)
        for part in parts { #expect("\(error)".contains(part), sourceLocation: sourceLocation) }
    }
}

extension AgentImage {
    /// Puts it into a cache directory, as stage 0 does.
    func plant(in directory: String) throws {
        for file in files {
            try writeFile(try bytes(of: file.content()), to: "\(directory)/\(file.hash)", mode: 0o700)
        }
        guard !isStatic else { return }
        try makeFolder("\(directory)/\(id)")
        for (name, hash) in links { try link("../\(hash)", at: "\(directory)/\(id)/\(name)") }
    }
}
