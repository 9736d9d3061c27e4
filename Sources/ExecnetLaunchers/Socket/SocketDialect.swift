//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire

/// What a socket server is told on a new connection.
protocol SocketDialect: Sendable {
    /// Run this line of a shell with the connection as its standard input and output.
    func run(_ token: String, _ line: String) -> [UInt8]
    /// Send what the process with this token prints to standard error, and how it ended, over the connection.
    func attach(_ token: String) -> [UInt8]
}

/// That of `execnet-socketserver`. It never changes.
struct ExecnetDialect: SocketDialect {
    func run(_ token: String, _ line: String) -> [UInt8] { Array("execnet 1 run \(token) \(line)\n".utf8) }
    func attach(_ token: String) -> [UInt8] { Array("execnet 1 attach \(token)\n".utf8) }
}

/// That of the server in Python's execnet package: a line with the literal of a source text, which it runs.
struct PythonDialect: SocketDialect {
    func run(_ token: String, _ line: String) -> [UInt8] {
        request(
            """
            import subprocess, sys, threading
            process = subprocess.Popen(["/bin/sh", "-c", \(line.jsonString)], stdin=clientsock, stdout=clientsock, \
                stderr=subprocess.PIPE, start_new_session=True)
            sys.__dict__.setdefault("execnet_started", {})["\(token)"] = process
            def watch(process=process, clientsock=clientsock):
                process.wait()
                try:
                    clientsock.shutdown(2)
                except OSError:
                    pass
                clientsock.close()
            threading.Thread(target=watch, daemon=True).start()
            """
        )
    }

    func attach(_ token: String) -> [UInt8] {
        request(
            """
            import sys, threading, time
            def attach(clientsock=clientsock, sys=sys, time=time):
                started = sys.__dict__.setdefault("execnet_started", {})
                end = time.monotonic() + 10
                while "\(token)" not in started and time.monotonic() < end:
                    time.sleep(0.01)
                process = started.pop("\(token)", None)
                try:
                    while process:
                        data = process.stderr.read1(65536)
                        if not data:
                            break
                        clientsock.sendall(data)
                    if process:
                        status = process.wait()
                        word = "exit %d" % status if status >= 0 else "signal %d" % -status
                        clientsock.sendall(("\\n\(token) ended %s\\n" % word).encode())
                except OSError:
                    pass
                clientsock.close()
            threading.Thread(target=attach, daemon=True).start()
            """
        )
    }

    /// A literal of JSON is one of Python, too.
    private func request(_ source: String) -> [UInt8] { Array("\(source.jsonString)\n".utf8) }
}
