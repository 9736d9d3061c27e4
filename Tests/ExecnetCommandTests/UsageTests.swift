//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

@Suite(.timeLimit(.minutes(1)), .leavesNothingBehind) struct UsageTests {
    typealias Result = CommandRun.Result

    private static let execUsage = """
        Usage: execnet exec <spec> [--python <source>] [--shell <source>] [--json] [<arguments> ...]
          See 'execnet exec --help' for more information.

        """

    @Test func version() async throws {
        #expect(try await CommandRun.result(of: "--version") == Result(output: "0.1.0\n"))
    }

    @Test(arguments: [[], ["--shell", "true", "--python", "pass"]]) func oneProgram(_ options: [String]) async throws {
        let result = try await CommandRun(["exec", "popen"] + options).result()
        let errors = "Error: Give the program with --python or with --shell, and only one of them.\n" + Self.execUsage
        #expect(result == Result(errors: errors, status: .exited(64)))
    }

    @Test func unknownKey() async throws {
        let result = try await CommandRun.result(of: "exec", "popen//color=red", "--shell", "true")
        let start = #"Error: The value 'popen//color=red' is invalid for '<spec>': The key "color" is not known"#
        #expect(result.errors.hasPrefix(start), "\(result.errors)")
        #expect(result.errors.hasSuffix(Self.execUsage), "\(result.errors)")
        #expect(result.output == "")
        #expect(result.status == .exited(64))
    }

    @Test(arguments: ["exec", "info"]) func helpHasExamples(_ verb: String) async throws {
        let result = try await CommandRun.result(of: verb, "--help")
        #expect(result.output.contains("\nExamples:\n  execnet \(verb) popen"))
        #expect(result.status == .exited(0))
    }
}
