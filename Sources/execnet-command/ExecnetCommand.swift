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

            The exit status is 0; 1 if something failed, with the error on standard error; 64 if the command was used wrongly; \
            130 after Ctrl-C.
            """,
        version: "0.1.0",
        subcommands: [InfoCommand.self, ExecCommand.self]
    )

    static func main() async {
        // Before anything else: gateways on this machine start this same executable as their agent.
        await Agent.serveIfLaunched()
        await main(nil)
    }
}

extension GatewaySpec {
    /// The spec that a user wrote; one that cannot be read is a usage error.
    static func argument(_ text: String) throws -> GatewaySpec {
        do throws(GatewayError) {
            return try GatewaySpec(text)
        } catch {
            throw ValidationError(error.message)
        }
    }
}
