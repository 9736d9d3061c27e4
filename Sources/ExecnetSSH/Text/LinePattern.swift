//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A line with places that can hold anything, each written `*`.
struct LinePattern: Sendable {
    private let literals: [[UInt8]]

    init(_ text: String) {
        literals = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(Array.init)
    }

    /// What stands in the places, each as short as can be, but for the last; nil if it is another line.
    func match(_ line: String) -> [String]? {
        let bytes = Array(line.utf8)
        guard let first = literals.first, let last = literals.last, bytes.starts(with: first) else { return nil }
        guard literals.count > 1 else { return bytes.count == first.count ? [] : nil }
        var found: [String] = []
        var rest = bytes[first.count...]
        for literal in literals[1..<(literals.count - 1)] {
            guard let range = LinePattern.first(literal, in: rest) else { return nil }
            found.append(String(decoding: rest[..<range.lowerBound], as: UTF8.self))
            rest = rest[range.upperBound...]
        }
        guard rest.suffix(last.count).elementsEqual(last) else { return nil }
        return found + [String(decoding: rest.dropLast(last.count), as: UTF8.self)]
    }

    private static func first(_ literal: [UInt8], in bytes: ArraySlice<UInt8>) -> Range<Int>? {
        guard bytes.count >= literal.count else { return nil }
        let starts = bytes.startIndex...(bytes.endIndex - literal.count)
        return starts.first { bytes[$0...].starts(with: literal) }.map { $0..<($0 + literal.count) }
    }
}
