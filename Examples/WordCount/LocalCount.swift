//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Counts in this process, without any gateway: what the others are checked against.
enum LocalCount {
    static func run(_ files: [String], _ progress: Progress) -> WordTable {
        defer { progress.finish() }
        return files.reduce(into: WordTable()) { table, file in
            _ = table.addFile(file)
            progress.advance()
        }
    }
}
