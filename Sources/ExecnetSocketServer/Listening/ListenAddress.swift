//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Where a server listens, as a user writes it: `host:port`, `[::1]:port`, `unix:path` or `fd:3`.
package enum ListenAddress: Hashable, Sendable {
    /// Every address of that host, on that port; 0 lets the system choose.
    case tcp(host: String, port: UInt16)
    case unix(path: String)
    /// A socket that listens already, got from whoever started this process (systemd).
    case inherited(Int32)

    /// The port of Python's socket server too, on this machine only.
    package static let standard = ListenAddress.tcp(host: "localhost", port: 8888)

    package init(_ text: String) throws(SocketServerError) {
        if text.hasPrefix("unix:") {
            self = .unix(path: try ListenAddress.path(String(text.dropFirst(5)), in: text))
        } else if text.hasPrefix("fd:") {
            guard let number = Int32(text.dropFirst(3)), number >= 0 else {
                throw SocketServerError("\"\(text)\": fd: is followed by the number of a descriptor, such as fd:3.")
            }
            self = .inherited(number)
        } else {
            self = try ListenAddress.tcp(text)
        }
    }

    private static func tcp(_ text: String) throws(SocketServerError) -> ListenAddress {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw SocketServerError("\"\(text)\" is none of host:port, [::1]:port, unix:path and fd:3.")
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw SocketServerError("\"\(text)\": put an IPv6 address in brackets, as in [::1]:\(port).")
        }
        guard !host.isEmpty else {
            throw SocketServerError(
                "\"\(text)\" has no host. localhost is this machine only; 0.0.0.0 and [::] are all of its addresses."
            )
        }
        return .tcp(host: String(host), port: port)
    }

    /// What the kernel has room for in a socket's address, with a zero at its end.
    static let longestPath = 107

    private static func path(_ path: String, in text: String) throws(SocketServerError) -> String {
        guard !path.isEmpty, path.utf8.count <= longestPath else {
            throw SocketServerError("\"\(text)\": the path of a socket has 1 to \(longestPath) bytes.")
        }
        return path
    }
}
