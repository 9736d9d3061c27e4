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
        Usage: execnet exec <spec> [--via <spec> ...] [--python <source>] [--shell <source>] [--json] [<arguments> ...]
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
        let start = #"Error: The key "color" is not known"#
        #expect(result.errors.hasPrefix(start), "\(result.errors)")
        #expect(result.errors.hasSuffix(Self.execUsage), "\(result.errors)")
        #expect(result.output == "")
        #expect(result.status == .exited(64))
    }

    @Test(
        arguments: [
            ["info", "socket=h:1//key=hunter2-hunter2"],
            ["info", "socket=h:1//color=red//key=hunter2-hunter2"],
            ["info", "--via", "socket=h:1//id=a//key=hunter2-hunter2", "popen//via=a"],
            ["exec", "key=\"hunter2-hunter2\"//socket=h:1", "--shell", "true"],
        ]
    )
    func aKeyInASpecIsNotShown(_ arguments: [String]) async throws {
        let result = try await CommandRun(arguments).result()
        #expect(!result.errors.contains("hunter2"), "\(result.errors)")
        #expect(result.errors.hasPrefix(#"Error: "key" names the file with the key, as key=@FILE"#), "\(result.errors)")
        #expect(result.output == "")
        #expect(result.status == .exited(64))
    }

    @Test func aKeyInASuperfluousArgumentIsNotShown() async throws {
        let result = try await CommandRun.result(of: "info", "popen", "socket=h:1//key=hunter2-hunter2")
        #expect(result.errors.hasPrefix("Error: Unexpected argument '(hidden)'"), "\(result.errors)")
        #expect(!result.errors.contains("hunter2"), "\(result.errors)")
        #expect(result.status == .exited(64))
    }

    @Test(arguments: ["doctor", "exec", "info"]) func helpHasExamples(_ verb: String) async throws {
        let result = try await CommandRun.result(of: verb, "--help")
        #expect(result.output.contains("\nExamples:\n  execnet \(verb) popen"))
        #expect(result.status == .exited(0))
    }
}
