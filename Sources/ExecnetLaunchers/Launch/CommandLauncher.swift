//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetCore
import ExecnetSystem

/// Reaches the far side through a program on this machine, such as `docker exec -i box` or `ssh host`.
package struct CommandLauncher: Launcher {
    private let command: [String]
    private let form: CommandForm?

    /// - Parameter form: nil has it told from the command: `ssh`, and what ends with an option `-c`, take a line.
    package init(_ command: [String], form: CommandForm? = nil) {
        self.command = command
        self.form = form
    }

    /// The whole command line.
    static func arguments(_ command: [String], _ shell: ShellCommand, form: CommandForm? = nil) -> [String] {
        if form == nil, isShellClient(command) { return command + [shell.plainLine] }
        return command + ((form ?? CommandLauncher.form(of: command)) == .words ? shell.words : [shell.line])
    }

    package func launch(_ shell: ShellCommand, gateway: String) async throws -> LaunchedStream {
        let path = command.first.flatMap { ExecutablePath.find($0) }
        guard let path else {
            throw GatewayError(
                .launchFailed,
                "There is no program \"\(command.first ?? "")\" on this machine.",
                gateway: gateway
            )
        }
        let arguments = CommandLauncher.arguments(command, shell, form: form)
        do throws(SystemError) {
            return try LocalProcess(starting: ProcessPlan(executable: path, arguments: arguments)).stream
        } catch {
            throw GatewayError(.launchFailed, "\"\(path)\" could not be started: \(error).", gateway: gateway)
        }
    }

    /// Programs that join their arguments and hand them to a login shell.
    private static let shellClients: Set<String> = ["ssh", "slogin", "autossh", "dbclient", "sshpass"]
    /// Programs that run their arguments on this machine.
    private static let wrappers: Set<String> = [
        "env", "sudo", "doas", "nice", "ionice", "timeout", "nohup", "setsid", "stdbuf", "torsocks", "proxychains",
        "proxychains4",
    ]

    /// Whether it is `ssh` or the like, be it behind `sudo` and the like.
    private static func isShellClient(_ command: [String]) -> Bool {
        guard let first = command.first.map(name) else { return false }
        if shellClients.contains(first) { return true }
        // The last word is a host at best.
        return wrappers.contains(first) && command.dropFirst().dropLast().contains { shellClients.contains(name($0)) }
    }

    private static func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? "" }

    private static func form(of command: [String]) -> CommandForm {
        guard command.count > 1, let last = command.last?.utf8, last.first == UInt8(ascii: "-") else { return .words }
        // As `su` and `gcloud compute ssh` have it.
        if command.last == "--command" { return .line }
        let letters = last.dropFirst()
        let isOption = letters.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        return isOption && letters.last == UInt8(ascii: "c") ? .line : .words
    }
}
