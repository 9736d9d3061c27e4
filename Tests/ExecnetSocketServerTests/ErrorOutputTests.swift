//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTLS
import ExecnetTestSupport
import Testing

@testable import ExecnetSocketServer

@Suite(.timeLimit(.minutes(1)), .leavesNothingBehind)
struct ErrorOutputTests {
    @Test func onlyTheEndIsKeptWhileNobodyIsAttached() async {
        let output = ErrorOutput()
        #expect(await !output.append([1, 2, 3]))
        #expect(await !output.append([UInt8](repeating: 4, count: ErrorOutput.capacity - 1)))
        #expect(!output.wasAttached)
        let reader = output.attach()
        #expect(await output.next(reader) == [3] + [UInt8](repeating: 4, count: ErrorOutput.capacity - 1))
    }

    @Test func nothingIsLostOnceSomebodyIsAttached() async {
        let output = ErrorOutput()
        let reader = output.attach()
        let piece = [UInt8](repeating: 7, count: 50_000)
        async let written: Void = {
            for _ in 0..<20 { #expect(await output.append(piece)) }
            output.end("!")
        }()
        var count = 0
        while let bytes = await output.next(reader) {
            // A reader finds at most what is kept, one piece more, and the last line.
            #expect(bytes.count <= ErrorOutput.capacity + piece.count + 1)
            count += bytes.count
        }
        await written
        #expect(count == 20 * piece.count + 1)
    }

    @Test func aProcessThatHasEndedWaitsForNobody() async {
        let output = ErrorOutput()
        _ = output.attach()
        output.release()
        for _ in 0..<4 { _ = await output.append([UInt8](repeating: 7, count: 50_000)) }
        output.end("!")
    }

    @Test func theNewestReaderReads() async {
        let output = ErrorOutput()
        let first = output.attach()
        async let end = output.next(first)
        let second = output.attach()
        #expect(await end == nil)
        output.detach(first)
        #expect(await output.append([1]))
        #expect(await output.next(second) == [1])
    }
}
