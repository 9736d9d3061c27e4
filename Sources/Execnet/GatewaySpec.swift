//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Where and how a gateway is opened. Written as text it is `key=value` segments between `//`:
///
///     popen//id=w1//chdir=/tmp//env:LANG=C//nice=5
///
/// A value that contains `//`, or begins with a double quote, is written in double quotes, in which `\"` and `\\` stand for
/// `"` and `\`.
public struct GatewaySpec: Sendable, Hashable {
    /// Where the agent is started.
    public enum Place: Sendable, Hashable {
        /// As a process on this machine.
        case popen
    }

    public var place: Place = .popen
    /// The gateway's name; nil lets one be chosen.
    public var id: String?
    /// The command of a Python interpreter, to use the Python agent; may have arguments and a prefix such as `sudo -u build python3`.
    public var python: [String]?
    /// The path of an agent executable, instead of this program's own image.
    public var agent: String?
    /// The agent's working directory; made if only its last part is missing.
    public var directory: String?
    /// Variables added to the agent's environment.
    public var environment: [String: String] = [:]
    /// Added to the agent's niceness.
    public var nice: Int = 0
    /// Run one program at a time, on the agent's main thread, instead of as many as are asked for.
    public var isSerial = false

    public init() {}
}
