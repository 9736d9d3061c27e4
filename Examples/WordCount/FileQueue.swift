//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import Synchronization

/// The files that no gateway has been given yet.
final class FileQueue: Sendable {
    private let rest: Mutex<ArraySlice<String>>
    /// So many files wait on a gateway while it counts one, so that it never waits for the next.
    private let ahead = 1

    init(_ files: [String]) { rest = Mutex(files[...]) }

    private func next() -> String? { rest.withLock { $0.popFirst() } }

    /// Hands files to the counter at the other end of a channel, one for each that it has done, until none is left.
    func serve(_ channel: Channel, answer: (FileResult) -> Void) async throws {
        var waiting = 0
        while waiting <= ahead, let file = next() {
            try await channel.send(file)
            waiting += 1
        }
        while waiting > 0 {
            answer(try await channel.receive(as: FileResult.self))
            waiting -= 1
            guard let file = next() else { continue }
            try await channel.send(file)
            waiting += 1
        }
        channel.end()
    }
}
