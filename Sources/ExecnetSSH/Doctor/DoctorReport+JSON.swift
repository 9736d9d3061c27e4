//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

extension DoctorReport {
    /// For programs: one object a line for each step.
    public var json: String { steps.map { $0.json + "\n" }.joined() }
}

extension DoctorStep {
    /// One object, without newlines.
    public var json: String {
        var fields = [("step", JSONText.string(name.rawValue))]
        switch outcome {
        case .ok(let detail, let milliseconds):
            fields += [("outcome", JSONText.string("ok")), ("detail", JSONText.string(detail))]
            if let text = milliseconds.flatMap(DoctorReport.text) { fields.append(("ms", text)) }
        case .skipped(let why):
            fields += [("outcome", JSONText.string("skipped")), ("why", JSONText.string(why))]
        case .failed(let code, let obstacle, let remedy):
            fields += [
                ("outcome", JSONText.string("failed")), ("code", JSONText.string(code)),
                ("obstacle", JSONText.string(obstacle)), ("remedy", JSONText.string(remedy)),
            ]
        }
        return "{" + fields.map { "\(JSONText.string($0.0)):\($0.1)" }.joined(separator: ",") + "}"
    }
}

/// Strings as JSON has them.
private enum JSONText {
    static func string(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            // Controls, and what ends a line in JavaScript or for some readers of lines.
            case _ where scalar.value < 0x20 || 0x7f...0x9f ~= scalar.value || 0x2028...0x2029 ~= scalar.value:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
