//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetWire
import Testing

@testable import ExecnetCore

/// The two directions of a stream, at their ends.
struct StreamTests {
    @Test(.timeLimit(.minutes(1))) func whatCameBeforeACloseIsStillWritten() async throws {
        try await withEnds { ends in
            let poller = try PollerThread.shared()
            let pair = try DescriptorPair.sockets()
            let stream = try StreamDescriptor(pair.second, poller: poller)
            var size = 0
            let piece = [UInt8](repeating: 1, count: 10_000)
            while case .bytes(let count) = piece.withUnsafeBytes({ pair.second.write($0) }) { size += count }
            let output = StreamOutput(ends.mine, to: stream)
            output.start()
            try await ends.theirs.send(Array("the end".utf8))
            try ends.theirs.close()
            try await ends.mine.waitClose()
            let reader = try DescriptorReader(pair.first, poller: poller)
            var read: [UInt8] = []
            while let bytes = await reader.next() { read += bytes }
            #expect(read.count == size + 7)
            #expect(read.suffix(7) == Array("the end".utf8)[...])
            await output.over()
        }
    }

    @Test(.timeLimit(.minutes(1))) func whatComesAfterTheFinishIsNotRead() async throws {
        try await withEnds { ends in
            let pair = try DescriptorPair.sockets()
            let stream = try StreamDescriptor(pair.second, poller: try PollerThread.shared())
            try pair.first.makeNonBlocking()
            var size = 0
            let piece = [UInt8](repeating: 1, count: 10_000)
            while case .bytes(let count) = piece.withUnsafeBytes({ pair.first.write($0) }) { size += count }
            let input = StreamInput(stream, to: ends.mine)
            input.whenEnded { _ in ends.mine.end() }
            input.start()
            // Three items are all that fits into the window; the next one waits.
            while pair.second.readableBytes > size - 4 * ByteString.maximumFramed { await Task.yield() }
            input.finish()
            let after = piece.withUnsafeBytes { pair.first.write($0) }
            #expect(after == .bytes(piece.count))
            var count = 0
            for try await bytes in ends.theirs.items(as: [UInt8].self) { count += bytes.count }
            #expect(count == size)
        }
    }

    @Test(.timeLimit(.minutes(1))) func whatCannotBeWatchedEndsTheStream() async throws {
        try await withEnds { ends in
            let null = Descriptor(owning: open("/dev/null", O_RDWR | O_CLOEXEC))
            let stream = try StreamDescriptor(null, poller: try PollerThread.shared())
            let output = StreamOutput(ends.mine, to: stream)
            let input = StreamInput(stream, to: ends.mine)
            output.start()
            input.start()
            #expect(await input.ended() == EPERM)
            await output.over()
        }
    }
}
