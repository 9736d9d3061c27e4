//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

/// A diagnosis by the command, as lines and as objects.
struct DoctorRun {
    static let measurements = ["round trip", "clock", "throughput"]
    static let shell = ["shell noise", "stage 0", "cache directories", "agent start"]
    static let way = [
        "configuration", "resolve", "connect", "version", "algorithms", "host key", "authentication", "transport",
    ]

    /// The objects, one for each step.
    var objects: [String]
    /// What people read: the words of all lines, one space between them.
    var text: String
    var json: CommandRun.Result
    var table: CommandRun.Result

    init(_ arguments: String...) async throws {
        json = try await CommandRun(["doctor"] + arguments + ["--json"]).result()
        table = try await CommandRun(["doctor"] + arguments).result()
        objects = json.output.split(separator: "\n").map(String.init)
        text = table.output.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    }

    /// Step and outcome of each object.
    var outcomes: [String] {
        objects.map { object in
            let quoted = object.split(separator: "\"", omittingEmptySubsequences: false)
            return quoted.count > 7 ? "\(quoted[3]): \(quoted[7])" : object
        }
    }

    /// The object of a step, the last one if there are several.
    func object(_ step: String) -> String { objects.last { $0.hasPrefix(#"{"step":"\#(step)","#) } ?? "" }

    /// All steps are well, but for those that are not needed.
    func expectWell(_ steps: [String], skipped: Set<String> = []) {
        #expect(outcomes == steps.map { "\($0): \(skipped.contains($0) ? "skipped" : "ok")" }, "\(json)")
        #expect(json.status == .exited(0) && json.errors == "", "\(json)")
        #expect(table.status == .exited(0) && table.errors == "", "\(table)")
        #expect(table.output.hasSuffix("\nAll is well.\n"), "\(table)")
        for step in steps {
            #expect(text.contains(skipped.contains(step) ? " skipped \(step) " : " ok \(step) "), "\(table)")
        }
    }

    /// One step fails, what comes before it is well and what follows is skipped.
    func expectFailure(_ step: String, _ code: String, in steps: [String], skipped: Set<String> = []) throws {
        let index = try #require(steps.firstIndex(of: step))
        let expected = steps.enumerated().map { place, name in
            place == index
                ? "\(name): failed" : "\(name): \(place > index || skipped.contains(name) ? "skipped" : "ok")"
        }
        #expect(outcomes == expected, "\(json)")
        #expect(
            object(step).hasPrefix(#"{"step":"\#(step)","outcome":"failed","code":"\#(code)","obstacle":""#),
            "\(json)"
        )
        #expect(object(step).contains(#"","remedy":""#), "\(json)")
        for name in steps[(index + 1)...] {
            #expect(object(name) == #"{"step":"\#(name)","outcome":"skipped","why":"\#(step) failed"}"#)
        }
        #expect(json.status == .exited(1) && json.errors == "", "\(json)")
        #expect(table.status == .exited(1) && table.errors == "", "\(table)")
        #expect(text.contains(" FAILED \(step) \(code): "), "\(table)")
        #expect(text.contains(" -> "), "\(table)")
        #expect(table.output.hasSuffix("\n1 step failed.\n"), "\(table)")
    }
}
