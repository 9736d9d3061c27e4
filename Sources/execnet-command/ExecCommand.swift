//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ArgumentParser
import Execnet

/// `execnet exec`: one program, its items as lines.
struct ExecCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run a program and print every item that it sends as a line.",
        discussion: """
            Text is printed as it is, any other item as Python writes it. What the program prints to its own output and error \
            streams goes to standard error, after the gateway's name in brackets. The program gets no items: its channel, or the \
            script's standard input, is at its end from the start.

            A Python program finds its channel under the name channel, and the ARGUMENTS as a list of text under the name argv. \
            A shell script finds them as $1, $2 and so on; every line of its output is an item, and a status other than 0 is an error.

            With --json every item is one line of JSON. Lists, tuples, sets and arrays of numbers become arrays. What JSON \
            does not have becomes an object with one key:
              {"base64": "AP8="}           bytes
              {"number": "nan"}            also inf and -inf
              {"complex": [1.0, -2.0]}     real and imaginary part
              {"pairs": [[1, "one"]]}      a map whose keys are not text, or repeat
              {"channel": 3}               a channel, by its number
              {"simple": 99}               a simple value of CBOR unknown here
              {"tag": [1234, "value"]}     a value with a tag of CBOR unknown here

            Examples:
              execnet exec popen --shell 'uname -a; nproc'
              execnet exec popen --shell 'ls "$@"' -- -l /
              execnet exec popen//python=python3 --json --python 'channel.send((1, "a"))'
              execnet exec popen//python=python3 --python - one two < program.py
              execnet exec 'command=kubectl exec -i pod --' --shell 'cat /etc/os-release'
              execnet exec ssh=build@node1 --shell hostname
              execnet exec socket=localhost:8888 --shell hostname
              execnet exec --via ssh=gate//id=gate popen//via=gate --python 'channel.send(argv)' -- a b
            """
    )

    @OptionGroup var gateway: GatewayOptions

    @Option(help: ArgumentHelp("Python source; - reads it from standard input.", valueName: "source"))
    var python: String?

    @Option(help: ArgumentHelp("A script for /bin/sh; - reads it from standard input.", valueName: "source"))
    var shell: String?

    @Flag(help: "Print every item as one line of JSON.")
    var json = false

    @Argument(help: "Arguments of the program. Put -- before them if one begins with a dash.")
    var arguments: [String] = []

    func validate() throws {
        guard (python == nil) != (shell == nil) else {
            throw ValidationError("Give the program with --python or with --shell, and only one of them.")
        }
    }

    func run() async throws {
        let (way, json, program) = (try gateway.way(), json, try program())
        try await cancelledByInterrupt {
            try await way.open { gateway in
                let channel = try await gateway.remoteExec(program)
                channel.end()
                for try await item in channel.items(as: Value.self) {
                    try StandardOutput.print(json ? item.json : item.string ?? item.description)
                }
            }
        }
    }

    private func program() throws -> Program {
        if let python {
            let isInput = python == "-"
            return .python(
                isInput ? try StandardInput.readText() : python,
                arguments: ["argv": .array(arguments.map { .string($0) })],
                file: isInput ? "<stdin>" : "<string>"
            )
        }
        let script = shell ?? ""
        return .shell(script == "-" ? try StandardInput.readText() : script, arguments: arguments)
    }
}
