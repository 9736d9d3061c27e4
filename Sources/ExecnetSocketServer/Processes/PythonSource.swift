//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// Clients of Python's own execnet package: their first line is a Python string, the source of the far side.
enum PythonSource {
    /// Whether a connection that begins with this byte is one of theirs.
    static func begins(with byte: UInt8) -> Bool { byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") }

    /// An interpreter that takes the line from its standard input, a socket, and runs what the string says.
    static func plan(_ environment: ProcessEnvironment, peer: String) throws(Refusal) -> ProcessPlan {
        guard let python = ExecutablePath.find("python3", path: environment.variables["PATH"]) else {
            throw Refusal(nil, "there is no python3 on this machine")
        }
        return environment.plan(python, ["python3", "-c", server, peer])
    }

    /// Bytes; the source of Python's package has 62 000 in its version 2.1.
    static let longestLine = 1 << 20

    /// The source that comes expects the names `clientsock` and `address`. What it prints must not get into the connection.
    private static let server = """
        import ast, os, socket, sys, time
        clientsock = socket.socket(fileno=os.dup(0))
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        end = time.monotonic() + 10
        line = b""
        while not line.endswith(b"\\n"):
            if len(line) > \(longestLine):
                sys.exit("the source is too long")
            clientsock.settimeout(max(end - time.monotonic(), 0.001))
            ahead = clientsock.recv(65536, socket.MSG_PEEK)
            if not ahead:
                sys.exit(1)
            line += clientsock.recv(ahead.find(b"\\n") + 1 or len(ahead))
        clientsock.settimeout(None)
        source = ast.literal_eval(line.decode("utf-8").rstrip())
        names = {"__name__": "__socketserver__", "clientsock": clientsock, "address": sys.argv[1]}
        exec(compile(source + "\\n", "<socket server>", "exec"), names)
        """
}
