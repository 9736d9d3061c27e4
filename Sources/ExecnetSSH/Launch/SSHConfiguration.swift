//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// How gateways over ssh are opened, as far as it cannot be written in their description: secrets, and who is asked.
public struct SSHConfiguration: Sendable {
    /// What the user can prove their identity with, beside files and the ssh-agent.
    public var credentials = SSHCredentials()
    /// Decides about a host of which nothing is recorded yet; nil: nobody, and such a host is refused.
    public var askAboutHost: (@Sendable (HostKeyQuestion) async -> Bool)?
    /// How long each layer may take.
    public var timeouts = SSHTimeouts()
    /// Whether commands of `Match exec` in configuration files are run. Without that their blocks do not apply.
    public var runsMatchCommands = false
    /// What configuration files and their tokens refer to; nil takes this process's user and machine.
    var surroundings: SSHSurroundings?
    /// Told of the steps.
    package var observer: SSHObserver = { _ in }

    /// The defaults: no secrets, and nobody is asked.
    public init() {}
}
