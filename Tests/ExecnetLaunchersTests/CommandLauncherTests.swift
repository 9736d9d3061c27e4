//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetTestSupport
import Testing

@testable import ExecnetLaunchers

/// How programs are told what to run.
@Suite(.leavesNothingBehind)
struct CommandLauncherTests {
    private let shell = ShellCommand(BootstrapPlan(nonce: "n") { _ in BootstrapPlan.Images(found: []) })

    private func added(_ command: [String], form: CommandForm? = nil) -> [String] {
        Array(CommandLauncher.arguments(command, shell, form: form).dropFirst(command.count))
    }

    @Test func aShellCommandHasTwoForms() {
        #expect(shell.words == ["/bin/sh", "-c", Stage0.script, "execnet", "n"])
        #expect(shell.line == "exec /bin/sh -c '\(Stage0.script)' execnet n")
        #expect(shell.plainLine == "/bin/sh -c '\(Stage0.script)' execnet n")
    }

    @Test(arguments: [
        ["docker", "exec", "-i", "box"], ["kubectl", "exec", "-i", "pod", "--"], ["srun", "-N1"],
        ["sudo", "-n", "-u", "build"], ["env"],
        ["docker", "exec", "-i", "ssh"], ["kubectl", "-n", "ssh", "exec", "-i", "pod", "--"], ["nice", "-n", "5"],
        ["taskset", "-c", "0"],
        ["env", "ssh"], ["-c"], ["x", "-C"], ["x", "-"], ["x", "c"], ["x", "--c"], ["sudo", "-u", "ssh"],
    ])
    func mostTakeWords(command: [String]) {
        #expect(added(command) == shell.words)
        #expect(added(command, form: .line) == [shell.line])
    }

    @Test(arguments: [
        ["bash", "-c"], ["/bin/bash", "-lc"], ["su", "-", "build", "-c"], ["su", "--command"], ["runuser", "u", "-c"],
    ])
    func whatEndsWithTheOptionTakesALine(command: [String]) {
        #expect(added(command) == [shell.line])
        #expect(added(command, form: .words) == shell.words)
    }

    @Test(arguments: [
        ["ssh", "host"], ["/usr/bin/ssh", "-p", "22", "user@host"], ["dbclient", "host"],
        ["ssh", "host", "sudo", "-n"],
        ["timeout", "5", "ssh", "host"], ["sudo", "-u", "me", "/usr/bin/ssh", "host"],
        ["sshpass", "-e", "ssh", "host"],
    ])
    func clientsOfShellsTakeALineThatMayFollowOtherWords(command: [String]) {
        #expect(added(command) == [shell.plainLine])
        #expect(added(command, form: .words) == shell.words)
    }

    @Test(.timeLimit(.minutes(1)))
    func aMissingProgramIsNamed() async {
        await expectGatewayError(.launchFailed, "no-such-program", "gw") {
            try await CommandLauncher(["no-such-program", "x"]).launch(shell, gateway: "gw")
        }
        await expectGatewayError(.launchFailed, "\"\"") { try await CommandLauncher([]).launch(shell, gateway: "gw") }
    }
}
