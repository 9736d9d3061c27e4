//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

public import ExecnetLaunchers
public import ExecnetSSH

/// Where and how a gateway is opened. Written as text it is `key=value` segments between `//`:
///
///     popen//id=w1//chdir=/tmp//env:LANG=C//nice=5
///     command=docker exec -i box//python=python3.8
///     socket=build.example:8888//key=@/etc/execnet.key
///     ssh=user@node.example:2222//jump=bastion.example
///     popen//via=w1
///
/// A value that contains `//`, or begins with a double quote, is written in double quotes, in which `\"` and `\\` stand for
/// `"` and `\`.
public struct GatewaySpec: Sendable, Hashable {
    /// Where the agent is started.
    public enum Place: Sendable, Hashable {
        /// As a process on this machine, or on that of the gateway named by ``via``.
        case popen
        /// Behind a program that runs a command elsewhere, such as `["docker", "exec", "-i", "box"]`.
        ///
        /// The command of a shell is added to its arguments, in the form that the program needs; nil has it told from the program's name:
        /// `ssh` and the like, and what ends with an option `-c`, get one line.
        case command([String], form: CommandForm? = nil)
        /// Behind a socket server that listens there.
        case socket(SocketAddress)
        /// Behind a socket server that is started for it on the machine of the gateway with this id.
        case installedSocket(via: String)
        /// On a machine with an SSH server.
        case ssh(SSHOptions)
    }

    /// Where the agent is started.
    public var place: Place = .popen
    /// The gateway's name; nil lets one be chosen.
    public var id: String?
    /// The id of an open gateway on whose machine the process is started, or from which the connection is made.
    public var via: String?
    /// How the connection to a socket server is secured.
    public var security = SocketSecurity.none
    /// Which server listens: ours, or the one that comes with Python's execnet package; nil finds out.
    public var server: SocketServerKind?
    /// The command of a Python interpreter, to use the Python agent; may have arguments and a prefix such as `sudo -u build python3`.
    public var python: [String]?
    /// The path of an agent executable or of a folder with agents, instead of this program's own image.
    public var agent: String?
    /// The agent's working directory; made if only its last part is missing.
    public var directory: String?
    /// Variables added to the agent's environment.
    public var environment: [String: String] = [:]
    /// Added to the agent's niceness.
    public var nice: Int = 0
    /// Run one program at a time, on the agent's main thread, instead of as many as are asked for.
    public var isSerial = false

    /// A process on this machine.
    public init() {}
}
