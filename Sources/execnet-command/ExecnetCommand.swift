//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ArgumentParser
import Execnet

/// The command `execnet`; each verb is a subcommand.
@main struct ExecnetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "execnet",
        abstract: "Run programs where none of our software is installed, and see what they send.",
        discussion: """
            SPEC says where: segments of the form key=value between //, the first of them the place.

              popen                                a process on this machine
              popen//python=python3                the same, with a Python agent
              popen//id=w1//chdir=/tmp//env:LANG=C//nice=5
              command=docker exec -i box           or kubectl, srun, sudo, chroot
              ssh=user@host:2222                   with OpenSSH's keys, known hosts and configuration
              ssh=host//jump=gate//identity=/home/me/key//hostkey=accept-new
              ssh2=host  sshcmd=host               by libssh2 only, by the OpenSSH client only
              socket=localhost:8888                behind an execnet-socketserver
              socket=build.example:8888//key=@/etc/execnet.key
              popen//via=w1                        on the machine of w1; see --via
              socket//installvia=w1                the same, over a socket of its own

            Nothing has to be installed over there: an agent is planted where none is. On a terminal, its upload is shown.

            The exit status is 0; 1 if something failed, with the error on standard error; 64 if the command was used wrongly; \
            130 after Ctrl-C.
            """,
        version: "0.1.0",
        subcommands: [InfoCommand.self, ExecCommand.self, DoctorCommand.self]
    )

    static func main() async {
        // Before anything else: gateways on this machine start this same executable as their agent.
        await Agent.serveIfLaunched()
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            exit(withError: hidingKeys(in: error))
        }
    }

    /// The parser quotes arguments that it has no use for, and somebody may have written a key into one.
    private static func hidingKeys(in error: any Error) -> any Error {
        let text = message(for: error)
        let hidden = CommandLine.arguments.filter { $0.lowercased().contains("key=") && text.contains($0) }
        guard exitCode(for: error) == .validationFailure, !hidden.isEmpty else { return error }
        return ValidationError(hidden.reduce(text) { $0.replacing($1, with: "(hidden)") })
    }
}
