//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What the far side printed that was not meant for us: banners, complaints of shells. Kept for errors, in bounds.
struct Noise: Sendable {
    /// So much of it makes clear that nobody is there who would answer.
    static let limit = 4 << 20
    /// The longest line that is kept whole.
    static let lineLimit = 400
    private static let keptLines = 12

    private(set) var size = 0
    private var lines: [[UInt8]] = []
    private var dropped = 0
    /// Whether stage 0 itself speaks, but has not been told whom to.
    private var isSplitScript = false

    mutating func add(_ line: [UInt8]) {
        size += line.count + 1
        if line.starts(with: " probe ".utf8) { isSplitScript = true }
        guard line.contains(where: { $0 > 0x20 }) else { return }
        lines.append(Array(line.prefix(Noise.lineLimit)))
        guard lines.count > Noise.keptLines else { return }
        // The first line tells who spoke, the last ones what was wrong.
        lines.remove(at: 1)
        dropped += 1
    }

    /// What can be shown of a line: its beginning, and nothing that a terminal would obey.
    static func shown(_ line: some Collection<UInt8>) -> String {
        let bytes = line.prefix(lineLimit).map { $0 == UInt8(ascii: "\t") ? UInt8(ascii: " ") : $0 }
        let text = String(decoding: bytes, as: UTF8.self)
        return String(
            String.UnicodeScalarView(text.unicodeScalars.filter { $0.properties.generalCategory != .control })
        )
    }

    var isEmpty: Bool { lines.isEmpty }

    /// What is quoted in an error.
    var quote: String {
        guard !lines.isEmpty else { return "" }
        var quoted = lines.map(Noise.shown)
        if dropped > 0 { quoted.insert("... (\(dropped) more lines)", at: 1) }
        let hint = isSplitScript ? "\nThe program hands its arguments to a shell: say so with form=line." : ""
        return " It printed:\n" + quoted.map { "  \($0)" }.joined(separator: "\n") + hint
    }
}
