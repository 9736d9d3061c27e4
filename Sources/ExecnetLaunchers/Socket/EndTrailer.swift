//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// Parts what a process printed from what the server adds at its end: a line of its own, after a newline.
struct EndTrailer: Sendable {
    private static let newline = UInt8(ascii: "\n")

    /// How the server's line begins; with the newline before it if the process's last line had one of its own.
    private let marks: [[UInt8]]
    /// What may turn out to be the server's.
    private var held: [UInt8] = []
    private var isAtLineStart = true
    private(set) var status: ExitStatus?

    init(token: String) {
        let mark = Array("\(token) ended ".utf8)
        marks = [mark, [EndTrailer.newline] + mark]
    }

    /// Takes in bytes; returns those that the process printed for certain. Only an empty line waits for what follows.
    mutating func add(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        held += bytes
        var position = held.startIndex
        if !isAtLineStart {
            guard let newline = held.firstIndex(of: EndTrailer.newline) else { return take(held.count) }
            position = newline + 1
        }
        while position < held.endIndex {
            let rest = held[position...]
            if let mark = marks.first(where: { rest.starts(with: $0) }) {
                guard let end = rest.dropFirst(mark.count).firstIndex(of: EndTrailer.newline) else {
                    return take(position)
                }
                status = EndTrailer.status(rest.dropFirst(mark.count).prefix(upTo: end))
                defer { held = [] }
                return Array(held[..<position])
            }
            if marks.contains(where: { $0.starts(with: rest) }) { return take(position) }
            guard let newline = rest.firstIndex(of: EndTrailer.newline) else { return take(held.count) }
            position = newline + 1
        }
        return take(held.count)
    }

    /// What was held back and turned out to be the process's.
    mutating func finish() -> [UInt8] { take(held.count) }

    private mutating func take(_ count: Int) -> [UInt8] {
        if count > 0 { isAtLineStart = held[count - 1] == EndTrailer.newline }
        defer { held.removeFirst(count) }
        return Array(held.prefix(count))
    }

    private static func status(_ text: ArraySlice<UInt8>) -> ExitStatus? {
        let words = String(decoding: text, as: UTF8.self).split(separator: " ")
        guard words.count == 2, let number = Int32(words[1]) else { return nil }
        return words[0] == "signal" ? .signalled(number) : .exited(number)
    }
}
