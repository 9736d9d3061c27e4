//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

public import ExecnetCore
import ExecnetSystem
import ExecnetTLS
import ExecnetWire
import Logging

/// A socket server on a gateway's machine, for as long as its channel is open.
///
/// It waits for the binding `portrange`, a list of ports, and listens on the first that is free; zero is any. Then it sets `listenport` to
/// that port, or to null if none is free, and `addresses` to the addresses of the machine's network interfaces.
///
///     let server = try await gateway.remoteExec(SocketServerTask())
///     try await server.set(["portrange": [7770, 7771, 7772]])
///     let port = try await server.get("listenport", as: Int.self)
public struct SocketServerTask: RemoteTask {
    /// The name or address to listen on. `::` is all addresses of the machine, of IPv4 as well.
    public var host = "127.0.0.1"
    /// The key that clients need; 16 to 256 bytes. Without one the server only listens on the machine itself.
    public var key: [UInt8]?
    /// Whether it ends after one gateway.
    public var servesOnce = false
    /// Ends after so many seconds without any connection; nil never does.
    public var idleSeconds: Int?

    /// A server for this machine, without a key, until its channel is closed.
    public init() {}

    /// Runs in the agent: listens on the first free port, and serves.
    public func run(on channel: Channel) async throws {
        for port in try await channel.get("portrange", as: [Int].self) {
            do {
                return try await serve(port, channel)
            } catch let error as SocketServerError where error.number == EADDRINUSE || error.number == EACCES {
                // The port is taken, or is not for this user.
                continue
            }
        }
        try await channel.set(["listenport": .null])
    }

    private func serve(_ port: Int, _ channel: Channel) async throws {
        do {
            try await serve(host, port, channel)
        } catch let error as SocketServerError where host == "::" && error.number == EAFNOSUPPORT {
            try await serve("0.0.0.0", port, channel)
        }
    }

    private func serve(_ host: String, _ port: Int, _ channel: Channel) async throws {
        let (addresses, address) = AsyncStream.makeStream(of: [String].self)
        var logger = Logger(label: "execnet.socketserver")
        // Its records go to the coordinator, for which it is a means and no event.
        logger.logLevel = .warning
        var configuration = SocketServerConfiguration(logger: logger)
        configuration.addresses = [try ListenAddress(host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)")]
        if let key { configuration.security = .key(try Key(key)) }
        configuration.servesOnce = servesOnce
        configuration.idleTimeout = idleSeconds.map { .seconds($0) }
        configuration.whenListening = { address.yield($0) }
        let server = try SocketServer(configuration)
        try await withThrowingTaskGroup { group in
            group.addTask {
                defer { address.finish() }
                try await server.run()
            }
            for await texts in addresses {
                guard let number = texts.first?.split(separator: ":").last.flatMap({ Int($0) }) else { continue }
                try await channel.set([
                    "listenport": .int(Int64(number)),
                    "addresses": .array(NetworkInterfaces.addresses.map { .string($0) }),
                ])
            }
            try await group.waitForAll()
        }
    }
}
