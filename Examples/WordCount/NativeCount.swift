//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet

/// What runs on a Swift gateway: answers every path that it receives; at the end, sends its table.
struct CountWords: RemoteTask {
    /// How many words one item of the table has at most.
    var wordsPerItem: Int

    func run(on channel: Channel) async throws {
        var table = WordTable()
        for try await path in channel.items(as: String.self) {
            try await channel.send(table.addFile(path))
        }
        for part in table.parts(of: wordsPerItem) { try await channel.send(part) }
    }
}

/// Counts on several gateways at once.
enum NativeCount {
    static func run(_ files: [String], gateways: Int, _ progress: Progress) async throws -> WordTable {
        let queue = FileQueue(files)
        defer { progress.finish() }
        return try await withThrowingTaskGroup(of: WordTable.self) { group in
            for number in 1...gateways {
                group.addTask {
                    try await withGateway("popen//id=counter\(number)") { gateway in
                        try await count(on: gateway, queue, progress)
                    }
                }
            }
            return try await group.reduce(into: WordTable()) { $0.merge($1) }
        }
    }

    private static func count(on gateway: Gateway, _ queue: FileQueue, _ progress: Progress) async throws -> WordTable {
        var table = WordTable()
        let channel = try await gateway.remoteExec(CountWords(wordsPerItem: 4096))
        try await queue.serve(channel) { result in
            if !result.isCounted { table.skipFile() }
            progress.advance()
        }
        for try await part in channel.items(as: [String: Int].self) { table.merge(part) }
        return table
    }
}
