//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

@Suite(.timeLimit(.minutes(1)), .leavesNothingBehind) struct ExecTests {
    typealias Result = CommandRun.Result

    @Test func shellLinesAreItems() async throws {
        let result = try await CommandRun.result(
            of: "exec",
            "popen",
            "--shell",
            #"echo "$1, $2"; printf '\377\n'; cat"#,
            "one",
            "--",
            "-2"
        )
        #expect(result == Result(output: "one, -2\nb'\\xff'\n"))
    }

    @Test func scriptFromStandardInput() async throws {
        let result = try await CommandRun.result(
            of: "exec",
            "popen",
            "--shell",
            "-",
            "here",
            input: "echo \"$1\"\necho there\n"
        )
        #expect(result == Result(output: "here\nthere\n"))
    }

    @Test func farErrorsAreTaggedAndStatusIsAnError() async throws {
        let result = try await CommandRun.result(
            of: "exec",
            "popen//id=w1",
            "--shell",
            "echo item; echo oh >&2; exit 3"
        )
        #expect(
            result
                == Result(
                    output: "item\n",
                    errors: "[w1] oh\nError: [w1] ExitStatus: exit status 3\n",
                    status: .exited(1)
                )
        )
    }

    @Test func pythonValuesAreWrittenAsPythonDoes() async throws {
        let program = """
            print("printed")
            for item in [argv, "it's", ("t", 1, None, True), {"a": b"\\xff"}, 1.5, 2 ** 70, set()]:
                channel.send(item)
            """
        let result = try await CommandRun.result(
            of: "exec",
            "popen//python=python3//id=py",
            "--python",
            "-",
            "one",
            "two",
            input: program
        )
        let lines = [
            "['one', 'two']", "it's", "('t', 1, None, True)", "{'a': b'\\xff'}", "1.5", "1180591620717411303424",
            "set()",
        ]
        #expect(result == Result(output: lines.map { $0 + "\n" }.joined(), errors: "[py] printed\n"))
    }

    @Test(arguments: [
        ("None", "null"), ("True", "true"), ("-3", "-3"), ("-2 ** 70", "-1180591620717411303424"),
        ("1.5", "1.5"), ("1e300", "1e+300"), ("float('nan')", #"{"number":"nan"}"#),
        ("-float('inf')", #"{"number":"-inf"}"#), (#""q\"\\\n\t\x01\u00e9""#, #""q\"\\\n\t\u0001é""#),
        ("b''", #"{"base64":""}"#), ("b'a'", #"{"base64":"YQ=="}"#), ("b'ab'", #"{"base64":"YWI="}"#),
        (#"b'\x00\xffc'"#, #"{"base64":"AP9j"}"#), ("[1, (2,), {3}, frozenset()]", "[1,[2],[3],[]]"),
        ("{'a': 1, 'b': {}}", #"{"a":1,"b":{}}"#), ("{1: 'one', (2,): 'two'}", #"{"pairs":[[1,"one"],[[2],"two"]]}"#),
        ("1-2j", #"{"complex":[1.0,-2.0]}"#), ("__import__('array').array('i', [1, -2])", "[1,-2]"),
        ("__import__('array').array('d', [0.5])", "[0.5]"),
    ])
    func json(_ expression: String, _ line: String) async throws {
        let result = try await CommandRun.result(
            of: "exec",
            "popen//python=python3",
            "--json",
            "--python",
            "channel.send(\(expression))"
        )
        #expect(result == Result(output: line + "\n"))
    }

    @Test func pythonErrorsShowTheirTraceback() async throws {
        let result = try await CommandRun.result(
            of: "exec",
            "popen//python=python3//id=py",
            "--python",
            "channel.send('before')\nraise ValueError('no')"
        )
        let traceback = """
            Error: [py] Traceback (most recent call last):
              File "<string>", line 2, in <module>
                raise ValueError('no')
            ValueError: no


            """
        #expect(result == Result(output: "before\n", errors: traceback, status: .exited(1)))
    }

    @Test func gatewayThatCannotBeOpened() async throws {
        let result = try await CommandRun.result(of: "exec", "popen//id=w1//python=/nowhere/python", "--python", "1")
        #expect(result.output == "")
        #expect(result.errors.hasPrefix("Error: [w1] The agent could not be started: "))
        #expect(result.status == .exited(1))
    }

    @Test func interruptClosesTheGateway() async throws {
        let run = try CommandRun(["exec", "popen", "--shell", "echo ready; exec sleep 1000"])
        #expect(await run.nextOutput() == "ready\n")
        run.process.signal(SIGINT)
        #expect(await run.result() == Result(status: .exited(130)))
    }
}
