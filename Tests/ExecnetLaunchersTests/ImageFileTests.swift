//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetLaunchers
import ExecnetSystem
import ExecnetTestSupport
import Testing

@Suite(.leavesNothingBehind)
struct ImageFileTests {
    /// Nothing, less than a piece, and some pieces and a bit more.
    @Test(.timeLimit(.minutes(1)), arguments: [0, 1, 1_000, 262_144, 3_000_001])
    func itsNameIsTheHashAndItsContentSurvivesGzip(size: Int) async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/file"
            let content = (0..<size).map { index in index % 3 == 0 ? UInt8.random(in: 0...255) : UInt8(index % 7) }
            try writeFile(content, to: path)
            let file = try ImageFile.load(path)
            #expect(file.size == size)
            #expect(try await run(["sha256sum", path]).text.hasPrefix(file.hash))
            #expect(file.hash.count == 32)
            #expect(try bytes(of: file.content()) == content)

            let compressed = try await bytes(of: file.compressedContent())
            try writeFile(compressed, to: "\(path).gz")
            let (text, status) = try await run(["/bin/sh", "-c", "gzip -dc '\(path).gz' | cmp - '\(path)'"])
            #expect(status == .exited(0), "\(text)")
            // The trailer holds the CRC-32 and the size.
            let trailer = compressed.suffix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            #expect(trailer == UInt64(size) << 32 | UInt64(file.checksum))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func manyWhoAskAtOnceShareOneCompression() async throws {
        let file = try ImageFile.load(ExecutablePath.running)
        let sizes = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<40 {
                group.addTask { try await ImageFile.load(ExecutablePath.running).compressedContent().size }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(sizes.count == 1)
        // Another test may have asked for it before.
        #expect(file.compressionCount == 1)
    }

    @Test(.timeLimit(.minutes(1)))
    func whoIsCancelledDoesNotWait() async throws {
        try await withTemporaryFolder { folder in
            try writeFile([UInt8](repeating: 1, count: 1_000_000), to: "\(folder)/file")
            let file = try ImageFile.load("\(folder)/file")
            let cancelled = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await file.compressedContent()
            }
            await #expect(throws: CancellationError.self) { try await cancelled.value }
            #expect(file.compressionCount == 0)
            #expect(try await file.compressedContent().size > 0)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aFileIsReadAgainOnlyWhenItHasChanged() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/file"
            try writeFile([1, 2, 3], to: path)
            let first = try ImageFile.load(path)
            #expect(try ImageFile.load(path) === first)
            try writeFile([1, 2, 3, 4], to: path)
            #expect(try ImageFile.load(path).hash != first.hash)
            await expectGatewayError(.noAgentImage, path, "has changed") { try first.content() }
            await expectGatewayError(.noAgentImage, path, "has changed") { try await first.compressedContent() }
            try #require(unlink(path) == 0)
            await expectGatewayError(.noAgentImage, path, "No such file") { try ImageFile.load(path) }
            await expectGatewayError(.noAgentImage, folder, "directory") { try ImageFile.load(folder) }
        }
    }
}
