//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
import ExecnetSystem

extension Listener {
    /// Takes over a socket that listens already. systemd says in the environment which ones it has passed.
    static func inherit(_ number: Int32) throws(SocketServerError) -> Listener {
        if let count = passed, !(first..<first + count).contains(number) {
            throw SocketServerError(
                "fd:\(number) was not passed by systemd, which passed \(count), from fd:\(first) on."
            )
        }
        var listens: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(number, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0 else {
            throw SocketServerError("fd:\(number) is no socket: \(String(cString: strerror(errno))).")
        }
        guard listens != 0 else { throw SocketServerError("fd:\(number) is a socket that does not listen.") }
        let descriptor = Descriptor(owning: number)
        _ = execnet_set_close_on_exec(number)
        do {
            try descriptor.makeNonBlocking()
        } catch {
            throw SocketServerError("fd:\(number): \(error)")
        }
        return try Listener(descriptor)
    }

    /// The first descriptor that systemd passes.
    private static let first: Int32 = 3

    /// How many systemd has passed to this very process; nil without systemd.
    private static var passed: Int32? {
        guard let pid = getenv("LISTEN_PID"), atoi(pid) == getpid(), let count = getenv("LISTEN_FDS") else {
            return nil
        }
        return atoi(count)
    }

    /// What is said to this process alone, and not to those that it starts.
    static let variables = [
        "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC",
    ]
}
