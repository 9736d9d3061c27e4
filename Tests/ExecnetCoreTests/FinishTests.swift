//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import Synchronization
import Testing

/// Who is told to finish takes what is there, and no more: somebody else may go on writing for ever.
struct FinishTests {
    @Test(.timeLimit(.minutes(1))) func standardErrorThatNeverEndsIsGivenUp() throws {
        let pipe = try DescriptorPair.pipe()
        // Nobody polls it: all is read by the one who stops.
        let source = DescriptorErrors(pipe.first, poller: try Poller())
        let seen = Mutex("")
        let ends = Mutex(0)
        try source.start(
            onBytes: { bytes in
                let count = seen.withLock { seen in
                    seen += String(decoding: bytes, as: UTF8.self)
                    return seen.utf8.count
                }
                if count < 1_000 { pipe.second.write("more") }
            },
            onEnd: { ends.withLock { $0 += 1 } }
        )
        pipe.second.write("before")
        source.stop()
        source.stop()
        #expect(seen.withLock { $0 } == "before")
        #expect(ends.withLock { $0 } == 1)
    }

    @Test(.timeLimit(.minutes(1))) func aReaderThatFinishesReadsWhatWasThere() async throws {
        let pipe = try DescriptorPair.pipe()
        let reader = try DescriptorReader(pipe.first, poller: try PollerThread.shared())
        pipe.second.write("before")
        reader.finish()
        pipe.second.write("after")
        reader.finish()
        #expect(await reader.next() == Array("before".utf8))
        #expect(await reader.next() == nil)
    }
}

extension Descriptor {
    fileprivate func write(_ text: String) { _ = Array(text.utf8).withUnsafeBytes { write($0) } }
}
