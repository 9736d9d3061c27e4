//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetTestSupport
import ExecnetWire
import Synchronization
import Testing

@testable import ExecnetLaunchers

/// A bootstrap with which a test speaks as the far side does.
struct Conversation {
    static let nonce = "00112233445566778899aabbccddeeff"
    static let python = "probe 7 Linux \(Platform.current.machine) 64 1 0 /usr/bin/python3"
    static let bare = "probe 7 Linux \(Platform.current.machine) 64 1 0 "
    static let directory = "/var/cache/.execnet-0"

    var bootstrap: Bootstrap
    let report = BootstrapReport()

    init(_ plan: BootstrapPlan) { bootstrap = Bootstrap(plan, report: report) }

    /// With images of this machine's platform.
    init(_ images: [AgentImage], tried: [String] = [], change: (inout BootstrapPlan) -> Void = { _ in }) {
        var plan = BootstrapPlan(nonce: Conversation.nonce) { _ in
            BootstrapPlan.Images(found: [], tried: ["no other image"])
        }
        plan.images = BootstrapPlan.Images(found: images, tried: tried)
        plan.name = "agent[gw]"
        change(&plan)
        self.init(plan)
    }

    /// The far side says bytes; returns how many were used.
    @discardableResult
    mutating func hear(bytes: [UInt8]) throws -> Int {
        try bytes.withUnsafeBytes { bytes throws(GatewayError) in try bootstrap.receive(bytes) }
    }

    /// Stage 0 says lines.
    mutating func hear(_ lines: String...) async throws {
        for line in lines { try hear(bytes: Array("\(Conversation.nonce) \(line)\n".utf8)) }
        try await work()
    }

    /// Has all work done.
    mutating func work() async throws {
        while let work = bootstrap.nextWork() { try bootstrap.workDone(await work()) }
    }

    /// All that is to be written.
    mutating func output() throws -> [UInt8] {
        var output: [UInt8] = []
        while let bytes = try bootstrap.nextOutput() { bytes.withUnsafeBytes { output += $0 } }
        return output
    }

    /// The same, as lines.
    mutating func lines() throws -> [String] {
        String(decoding: try output(), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Hears lines that have to fail.
    mutating func failure(_ lines: String...) async throws -> GatewayError {
        do {
            for line in lines { try await hear(line) }
        } catch let error as GatewayError {
            return error
        }
        Issue.record("no error")
        return GatewayError(.closed, "")
    }

    /// Until a file is asked for that the cache does not have; returns what is said then.
    mutating func upload(_ hash: String, _ probe: String = Conversation.bare) async throws -> [UInt8] {
        try await hear(probe)
        _ = try output()
        try await hear("dir \(Conversation.directory)", "need \(hash)")
        return try output()
    }
}

/// What looks like a static executable for this machine, and is another one for each `content`.
func tinyExecutable(_ content: [UInt8]) throws -> [UInt8] {
    var header = Array(try bytes(of: staticExecutable).prefix(64))
    // One segment's description of 56 bytes follows the header, and says nothing.
    header.replaceSubrange(32..<40, with: [64, 0, 0, 0, 0, 0, 0, 0])
    header.replaceSubrange(54..<58, with: [56, 0, 1, 0])
    return header + [UInt8](repeating: 0, count: 56) + content
}

/// Images of one small file each, for the time of `body`.
func withImages<R>(
    _ contents: [UInt8]...,
    isolation: isolated (any Actor)? = #isolation,
    _ body: ([AgentImage]) async throws -> R
) async throws -> R {
    try await withTemporaryFolder { folder in
        var images: [AgentImage] = []
        for (index, content) in contents.enumerated() {
            let path = "\(folder)/agent\(index)"
            try writeFile(try tinyExecutable(content), to: path, mode: 0o700)
            images.append(try await AgentImage.load(path, isOwn: false))
        }
        return try await body(images)
    }
}
