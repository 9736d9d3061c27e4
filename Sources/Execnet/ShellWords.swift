//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Words as a POSIX shell splits them: blanks, single and double quotes, backslashes. Nothing is expanded.
///
/// A shell knows no combining marks, so this works on scalars.
enum ShellWords {
    private typealias Scalars = String.UnicodeScalarView

    /// The words of a line; nil if a quote does not end.
    static func split(_ line: String) -> [String]? {
        var words: [String] = []
        var word: Scalars?
        var quote: Unicode.Scalar?
        var rest = line.unicodeScalars[...]
        func append(_ scalar: Unicode.Scalar) {
            word = word ?? Scalars()
            word?.append(scalar)
        }
        while let scalar = rest.popFirst() {
            switch (quote, scalar) {
            case ("'", "'"), ("\"", "\""): quote = nil
            case ("'", _): append(scalar)
            case (_, "\\"):
                guard let next = rest.popFirst() else { return nil }
                // The line goes on.
                if next == "\n" { break }
                if quote != nil, !"\"\\$`".unicodeScalars.contains(next) { append("\\") }
                append(next)
            case ("\"", _): append(scalar)
            case (_, "'"), (_, "\""):
                quote = scalar
                word = word ?? Scalars()
            case (_, " "), (_, "\t"), (_, "\n"):
                if let finished = word { words.append(String(finished)) }
                word = nil
            default: append(scalar)
            }
        }
        guard quote == nil else { return nil }
        if let word { words.append(String(word)) }
        return words
    }

    /// A line that splits into these words.
    static func join(_ words: [String]) -> String { words.map(quoted).joined(separator: " ") }

    private static func quoted(_ word: String) -> String {
        let plain = word.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || $0.properties.numericType != nil || "-_./:=@%+,".unicodeScalars.contains($0)
        }
        if plain, !word.isEmpty { return word }
        let parts = word.unicodeScalars.split(separator: "'", omittingEmptySubsequences: false)
        return "'" + parts.map { String($0) }.joined(separator: #"'\''"#) + "'"
    }
}
