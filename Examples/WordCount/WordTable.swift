//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Foundation

/// Words and how often they occur.
struct WordTable: Equatable {
    private(set) var counts: [String: Int] = [:]
    private(set) var total = 0
    /// Files that cannot be read, or are not text.
    private(set) var skipped = 0

    /// Counts the words of a file.
    mutating func addFile(_ path: String) -> FileResult {
        guard let data = FileManager.default.contents(atPath: path), !data.contains(0) else {
            skipped += 1
            return FileResult(isCounted: false, words: 0)
        }
        let before = total
        data.withUnsafeBytes { addText($0) }
        return FileResult(isCounted: true, words: total - before)
    }

    /// Counts the maximal runs of bytes that may be part of a word.
    private mutating func addText(_ text: UnsafeRawBufferPointer) {
        var word: [UInt8] = []
        for byte in text {
            if let byte = Self.inWord(byte) {
                word.append(byte)
            } else if !word.isEmpty {
                add(word)
                word.removeAll(keepingCapacity: true)
            }
        }
        if !word.isEmpty { add(word) }
    }

    private mutating func add(_ word: [UInt8]) {
        counts[String(decoding: word, as: UTF8.self), default: 0] += 1
        total += 1
    }

    /// The byte as it stands in the table, or nil if it is between words.
    private static func inWord(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...: byte
        default: nil
        }
    }

    /// Takes in a part of another table.
    mutating func merge(_ part: [String: Int]) {
        counts.merge(part, uniquingKeysWith: +)
        total += part.values.reduce(0, +)
    }

    /// Takes in another table.
    mutating func merge(_ other: WordTable) {
        merge(other.counts)
        skipped += other.skipped
    }

    /// Notes a file that was skipped elsewhere.
    mutating func skipFile() { skipped += 1 }

    /// The table in pieces of a few words each.
    func parts(of size: Int) -> [[String: Int]] {
        let words = Array(counts)
        return stride(from: 0, to: words.count, by: size).map { start in
            Dictionary(uniqueKeysWithValues: words[start..<min(start + size, words.count)].map { ($0.key, $0.value) })
        }
    }

    /// The most frequent words first; those of equal frequency in alphabetical order.
    func mostFrequent(_ limit: Int) -> [(word: String, count: Int)] {
        let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return sorted.prefix(limit).map { (word: $0.key, count: $0.value) }
    }
}

/// What a counter answers to a path.
struct FileResult: Codable, Sendable {
    /// Whether the file could be read and is text.
    var isCounted: Bool
    var words: Int
}
