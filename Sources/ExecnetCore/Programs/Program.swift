//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

public import ExecnetWire

/// What `remoteExec` runs on the far side. Closures and ``RemoteTask`` have calls of their own; this is everything else.
public struct Program: Sendable {
    /// What travels in the open frame.
    package var description: [String: Value]

    package init(kind: String, _ description: [String: Value]) {
        self.description = description
        self.description["kind"] = .string(kind)
    }

    /// Python source. It finds the channel under the name `channel`, and its arguments under theirs.
    ///
    /// - Parameters:
    ///   - source: the text; common indentation is removed.
    ///   - arguments: global names of the program and their values.
    ///   - file: the name that tracebacks show, and `line` the number of the source's first line in it.
    public static func python(
        _ source: String,
        arguments: [String: Value] = [:],
        file: String = "<remote>",
        line: Int = 1
    ) -> Program {
        Program(
            kind: "python",
            [
                "source": .string(source), "file": .string(file), "line": .int(Int64(line)),
                "arguments": .map(ValueMap(arguments.map { (key: .string($0), value: $1) })),
            ]
        )
    }

    /// A script for `/bin/sh`. Lines of its output are items (text, or bytes if they are not UTF-8); items, text or bytes, go to its standard
    /// input as they are, `end()` closes it. A status other than 0 is a ``RemoteError`` of type `ExitStatus`.
    /// The program ends with its shell. What that left in the background ends with the gateway at the latest; a native agent ends the shell's
    /// process group with the shell.
    public static func shell(_ script: String, arguments: [String] = []) -> Program {
        Program(
            kind: "shell",
            ["script": .string(script), "arguments": .array(arguments.map { .string($0) })]
        )
    }

    /// A service that the agent contains.
    public static func service(_ name: String, configuration: Value = .null) -> Program {
        Program(kind: "service", ["name": .string(name), "configuration": configuration])
    }

    var encoded: Value { .map(ValueMap(description.map { (key: .string($0), value: $1) })) }
}
