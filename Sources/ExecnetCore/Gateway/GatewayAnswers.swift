//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire

/// How busy the two sides of a gateway are.
public struct GatewayStatus: Sendable, Hashable {
    /// Channels in the agent's table.
    public var channels: Int
    /// Programs that run there.
    public var executing: Int
    /// Channels in this side's table.
    public var localChannels: Int
}

/// What an agent says about itself and where it runs.
public struct GatewayInfo: Sendable, Hashable {
    /// "swift" or "python".
    public var language: String
    /// The version of the language: of the compiler, or of the interpreter.
    public var version: String
    /// The operating system and the processor, as "linux-x86_64".
    public var platform: String
    /// The path of the agent's executable, or of its interpreter.
    public var executable: String
    /// The working directory.
    public var directory: String
    /// The number of the agent's process.
    public var pid: Int
    /// The name of its machine.
    public var host: String

    init(_ value: Value) {
        func text(_ key: String) -> String { value[key]?.string ?? "" }
        language = text("language")
        version = text("version")
        platform = text("platform")
        executable = text("executable")
        directory = text("directory")
        host = text("host")
        pid = value["pid"]?.int ?? 0
    }
}

/// How closing a gateway went.
public enum CloseOutcome: Sendable, Hashable {
    /// The agent ended when asked to, or had ended before.
    case ended
    /// It took a TERM signal.
    case terminated
    /// It took a KILL signal.
    case killed
    /// Its process could not be ended in time.
    case unresponsive
}
