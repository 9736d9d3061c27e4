//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

extension DoctorReport: CustomStringConvertible {
    private static let width = 100
    private static let indentation = String(repeating: " ", count: 2)

    /// A table for people, a line or more a step, and what to do at the end of each failure.
    public var description: String {
        ([target] + steps.map { text(of: $0) } + [summary]).joined(separator: "\n") + "\n"
    }

    /// How many steps failed.
    public var summary: String {
        let failures = steps.filter(\.isFailed).count
        return failures == 0 ? "All is well." : failures == 1 ? "1 step failed." : "\(failures) steps failed."
    }

    /// The lines of a step, indented as all of this report.
    public func text(of step: DoctorStep) -> String {
        DoctorReport.lines(of: step, nameWidth: nameWidth).joined(separator: "\n")
    }

    private static func lines(of step: DoctorStep, nameWidth: Int) -> [String] {
        let word: String
        var text: [String]
        switch step.outcome {
        case .ok(let detail, let milliseconds):
            word = "ok"
            text = [detail + (milliseconds.flatMap(DoctorReport.text).map { " (\($0) ms)" } ?? "")]
        case .skipped(let why):
            word = "skipped"
            text = [why]
        case .failed(let code, let obstacle, let remedy):
            word = "FAILED"
            text = ["\(code): \(obstacle)", "-> \(remedy)"]
        }
        text = text.flatMap { $0.split(separator: "\n").map { harmless($0) } }
        let margin = indentation + padded(word, 9) + padded(step.name.rawValue, nameWidth + 2)
        let pieces = text.flatMap { wrapped($0, width: max(40, width - margin.count)) }
        let empty = String(repeating: " ", count: margin.count)
        let lines = [margin + (pieces.first ?? "")] + pieces.dropFirst().map { empty + $0 }
        return lines.map { line in String(line.reversed().drop { $0 == " " }.reversed()) }
    }

    /// What a server said may be quoted, and is not to reach a terminal as it is.
    private static func harmless(_ text: Substring) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            scalars.append(scalar.properties.generalCategory == .control ? " " : scalar)
        }
        return String(scalars)
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// Words on lines that are not longer, unless a word is.
    private static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }

    /// With one digit after the point; nil if it is no time.
    static func text(_ milliseconds: Double) -> String? {
        guard milliseconds.isFinite, abs(milliseconds) < 1e12 else { return nil }
        let tenths = Int((abs(milliseconds) * 10).rounded())
        return (milliseconds < 0 && tenths > 0 ? "-" : "") + "\(tenths / 10).\(tenths % 10)"
    }
}
