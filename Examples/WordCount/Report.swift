//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What one way of counting found, and how long it took.
struct Measured {
    var label: String
    var total: Int
    /// The words themselves, if they are known here.
    var table: WordTable?
    var time: Duration

    init(_ label: String, _ body: (String) async throws -> WordTable) async rethrows {
        let start = ContinuousClock.now
        let table = try await body(label)
        self.init(label: label, total: table.total, table: table, time: ContinuousClock.now - start)
    }

    init(_ label: String, _ body: (String) async throws -> Int) async rethrows {
        let start = ContinuousClock.now
        let total = try await body(label)
        self.init(label: label, total: total, time: ContinuousClock.now - start)
    }

    private init(label: String, total: Int, table: WordTable? = nil, time: Duration) {
        self.label = label
        self.total = total
        self.table = table
        self.time = time
    }

    /// Whether another way of counting found the same, as far as both know.
    func agrees(with other: Measured) -> Bool {
        guard let table, let theirs = other.table else { return total == other.total }
        return table == theirs
    }
}

/// What is printed at the end.
enum Report {
    static func print(_ result: Measured, _ others: [Measured], files: Int, top: Int) {
        let table = result.table ?? WordTable()
        let words = table.mostFrequent(top)
        let width = max(words.map(\.word.count).max() ?? 0, 4)
        if !words.isEmpty { Swift.print("\("word".padded(to: width))  \("count".aligned(10))  \("share".aligned(7))") }
        for (word, count) in words {
            let share = (100 * Double(count) / Double(max(table.total, 1))).text(decimals: 2) + "%"
            Swift.print("\(word.padded(to: width))  \(String(count).aligned(10))  \(share.aligned(7))")
        }
        Swift.print("\n\(table.total) words, \(table.counts.count) different, in \(files - table.skipped) files")
        if table.skipped > 0 { Swift.print("Skipped, because not text or not readable: \(table.skipped)") }
        Swift.print("")
        for way in [result] + others {
            let time = (way.time / .seconds(1)).text(decimals: 2)
            Swift.print("\(way.label.padded(to: 18)) \(String(way.total).aligned(10)) words  \(time.aligned(6)) s")
        }
    }

    /// Says whether all ways of counting found the same.
    static func check(_ result: Measured, _ others: [Measured]) -> Bool {
        let differing = others.filter { !$0.agrees(with: result) }
        for other in differing {
            standardError("DIFFERENT: \(other.label) does not find the same words as \(result.label)\n")
        }
        if differing.isEmpty { Swift.print("\nAll counts agree.") }
        return differing.isEmpty
    }
}
