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
