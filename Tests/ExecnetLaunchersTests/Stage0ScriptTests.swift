//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import ExecnetTestSupport
import ExecnetWire
import Testing

@testable import ExecnetLaunchers

/// The text that is run on the far side, and how words are given to it.
@Suite(.leavesNothingBehind)
struct Stage0ScriptTests {
    private static let shells = [
        ["dash"], ["bash"], ["bash", "--posix"], ["busybox", "sh"], ["mksh"], ["yash"], ["zsh", "--emulate", "sh"],
    ]

    @Test func itPassesThroughAnyLoginShell() {
        for character in "'!\\\n" { #expect(!Stage0.script.contains(character)) }
        #expect(Stage0.script.utf8.allSatisfy { (0x20..<0x7f).contains($0) })
        // An argument may have 128 KiB on Linux, but csh and some servers stop far earlier.
        #expect(Stage0.script.utf8.count < 8_192)
    }

    @Test(.timeLimit(.minutes(1)), arguments: shells)
    func everyShellReadsItOnOneLine(shell: [String]) async throws {
        let answer = try await run(shell + ["-n", "-c", Stage0.script])
        #expect(answer.text.isEmpty)
        #expect(answer.status == .exited(0))
    }

    /// No word may become an argument of a program, which everyone on the machine can read.
    @Test(.timeLimit(.minutes(1)), arguments: shells)
    func wordsMayHoldAnything(shell: [String]) async throws {
        let words = [
            "", " ", "-n", "a  b", "it's", "\"q\"", "$HOME `id`", "\\n\\0101\\c", "line\nnext\n\n", "ü€𝄞", "%s%%", "*",
            "~", "7\u{1}8",
        ]
        var plan = BootstrapPlan(nonce: "n") { _ in BootstrapPlan.Images(found: []) }
        plan.choice = .python(["printf", "[%s]"] + words)
        var bootstrap = Bootstrap(plan)
        _ = try Array("n \(Conversation.bare)\n".utf8).withUnsafeBytes { try bootstrap.receive($0) }
        let output = try bootstrap.nextOutput()
        let said = try #require(output).array
        // Without the agent's source.
        var lines = String(decoding: said.prefix(4_000), as: UTF8.self).split(separator: "\n").prefix { $0 != "run" }
        lines.removeLast(3)
        try await withTemporaryFolder { folder in
            try writeFile(Array((lines + ["run", ""]).joined(separator: "\n").utf8), to: "\(folder)/input")
            let answer = try await run(
                shell + ["-c", Stage0.script, "execnet", "n"],
                variables: [("XDG_CACHE_HOME", folder)],
                input: "\(folder)/input"
            )
            let text = answer.text.split(separator: "n run\n").last
            #expect(text.map(String.init) == words.map { "[\($0)]" }.joined(), "\(answer.text)")
            #expect(answer.status == .exited(0))
        }
    }

    /// Variables of the script are none of the host's, and its settings none of the script's.
    @Test(.timeLimit(.minutes(1)), arguments: shells)
    func theEnvironmentStaysAsItIs(shell: [String]) async throws {
        let names = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".map(String.init)
        let set = names.filter { $0 < "N" }.map { "set \($0) new\n" }.joined()
        let input = "drop\n" + set + "set IFS e\nset PATH /none\nword /usr/bin/env\nrun\n"
        try await withTemporaryFolder { folder in
            try writeFile(Array(input.utf8), to: "\(folder)/input")
            let answer = try await run(
                shell + ["-c", Stage0.script, "execnet", "n"],
                variables: names.map { ($0, "old \($0)") } + [("XDG_CACHE_HOME", folder)],
                input: "\(folder)/input"
            )
            let lines = Set(answer.text.split(separator: "\n").map(String.init))
            for name in names { #expect(lines.contains("\(name)=\(name < "N" ? "new" : "old \(name)")")) }
            #expect(lines.contains("PATH=/none"))
            #expect(!lines.contains { $0.hasPrefix("_") && !$0.hasPrefix("_=") })
        }
    }

    /// Some have variables of their own that nobody may set.
    @Test(.timeLimit(.minutes(1)), arguments: [("bash", "UID", "1"), ("dash", "OPTIND", "a")])
    func aVariableThatCannotBeSetIsNamed(shell: String, variable: String, value: String) async throws {
        try await withTemporaryFolder { folder in
            let input = "drop\nset A 1\nset \(variable) \(value)\nword /usr/bin/env\nrun\n"
            try writeFile(Array(input.utf8), to: "\(folder)/input")
            let answer = try await run([shell, "-c", Stage0.script, "execnet", "n"], input: "\(folder)/input")
            #expect(answer.text.hasSuffix("n refused the variable \(variable)\n"))
            #expect(answer.status == .exited(94))
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: shells)
    func namesOfDirectoriesMayHaveBackslashes(shell: [String]) async throws {
        try await withTemporaryFolder { folder in
            let home = "\(folder)/DOM\\chris\\nolan"
            try makeFolder(home)
            try writeFile(Array("dir #!/bin/sh\n".utf8), to: "\(folder)/input")
            let answer = try await run(
                shell + ["-c", Stage0.script, "execnet", "n"],
                variables: [("XDG_CACHE_HOME", home)],
                input: "\(folder)/input"
            )
            #expect(answer.text.hasSuffix("\nn dir \(home)/.execnet-\(geteuid())\n"))
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["0022", "0777", "0027"])
    func theUmaskIsTheHosts(mask: String) async throws {
        try await withTemporaryFolder { folder in
            let input = "drop\ncd \(folder)/made\nword /bin/sh\nword -c\nword umask\nrun\n"
            try writeFile(Array(input.utf8), to: "\(folder)/input")
            let answer = try await run(
                ["sh", "-c", "umask \(mask); exec \"$@\"", "sh"] + ["sh", "-c", Stage0.script, "execnet", "n"],
                input: "\(folder)/input"
            )
            #expect(answer.text.hasSuffix("\(mask)\n"))
            var information = stat()
            #expect(stat("\(folder)/made", &information) == 0)
            #expect(information.st_mode & 0o777 == 0o777 & ~mode_t(try #require(Int(mask, radix: 8))))
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["-", "-P", "a b", "made"])
    func directoriesMayHaveAnyName(name: String) async throws {
        try await withTemporaryFolder { folder in
            let input = "cd \(Stage0.escaped(name))\nword pwd\nrun\n"
            try writeFile(Array(input.utf8), to: "\(folder)/input")
            let answer = try await run(
                ["sh", "-c", "cd \(folder); exec \"$@\"", "sh"] + ["sh", "-c", Stage0.script, "execnet", "n"],
                variables: [("OLDPWD", "/"), ("CDPATH", "/")],
                input: "\(folder)/input"
            )
            #expect(answer.text.hasSuffix("\(folder)/\(name)\n"))
        }
    }

    @Test func namesOfVariablesAreThoseOfShells() {
        for name in ["A", "_", "a1", "EXECNET_X"] { #expect(Stage0.isVariable(name)) }
        for name in ["", "1a", "a-b", "a=b", "ä", "a b", "a;b", "BASH_FUNC_x%%", "_dir"] {
            #expect(!Stage0.isVariable(name))
        }
    }
}
