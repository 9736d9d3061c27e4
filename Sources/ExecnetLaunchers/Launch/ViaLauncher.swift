//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetCore

/// Starts the shell on the machine of an open gateway; the bytes travel in a channel of it.
package struct ViaLauncher: Launcher {
    private let gateway: Gateway
    private let command: [String]
    private let form: CommandForm?

    /// - Parameter command: what the shell's command is added to, such as `["sudo", "-n"]`; empty runs the shell itself.
    package init(_ gateway: Gateway, command: [String] = [], form: CommandForm? = nil) {
        self.gateway = gateway
        self.command = command
        self.form = form
    }

    package func launch(_ shell: ShellCommand, gateway id: String) async throws -> LaunchedStream {
        let arguments = command.isEmpty ? shell.words : CommandLauncher.arguments(command, shell, form: form)
        do {
            var stream = try await gateway.openStream(process: arguments).launched
            stream.hop = gateway
            return stream
        } catch let error as GatewayError {
            throw error.behind(gateway.id, of: id)
        }
    }
}

extension GatewayError {
    /// What is wrong with the gateway that the way leads through.
    package func behind(_ hop: String, of gateway: String) -> GatewayError {
        GatewayError(.launchFailed, "The gateway \"\(hop)\" to go through failed.", gateway: gateway, cause: self)
    }
}
