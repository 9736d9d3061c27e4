//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Where a socket server listens.
public enum SocketAddress: Sendable, Hashable, CustomStringConvertible {
    /// A host's name or address, and the port.
    case host(String, port: Int)
    /// The path of a socket in the file system.
    case unix(String)

    /// Reads `host:port`, `[::1]:port` or `unix:path`; nil if it is none of them.
    public init?(_ text: String) {
        if text.utf8.starts(with: "unix:".utf8) {
            let path = String(text.utf8.dropFirst(5)) ?? ""
            guard !path.isEmpty else { return nil }
            self = .unix(path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65_535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.first == "[", host.last == "]" {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self = .host(String(host), port: port)
    }

    /// The address as text that reads as the same address.
    public var description: String {
        switch self {
        case .host(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

/// Which socket server listens at an address.
public enum SocketServerKind: String, Sendable, Hashable {
    /// `execnet-socketserver`.
    case execnet
    /// `socketserver.py` of Python's execnet package.
    case python
}
