//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
import ExecnetSystem

/// A socket that listens.
final class Listener: Sendable {
    let descriptor: Descriptor
    /// As it can be connected to, such as `127.0.0.1:8888`.
    let text: String
    let isLocal: Bool
    /// The file of a unix socket that this server made, and has to remove.
    private let file: SocketFile?

    init(_ descriptor: Descriptor, file: SocketFile? = nil) throws(SocketServerError) {
        guard let address = SystemAddress(of: descriptor.value) else {
            throw SocketServerError("Descriptor \(descriptor.value) is no socket.")
        }
        self.descriptor = descriptor
        self.file = file
        text = address.text
        isLocal = address.isLocal
    }

    /// Opens what an address stands for: usually one socket, and one for each address of a host that has several.
    ///
    /// - Parameter others: what else is listened on.
    static func open(
        _ address: ListenAddress,
        beside others: [ListenAddress],
        owner: User?
    ) throws(SocketServerError) -> [Listener] {
        switch address {
        case .tcp(let host, let port):
            // All addresses are those of IPv4 too, unless those are wanted on a socket of their own.
            try openInternet(host: host, port: port, onlyIPv6: others.contains(.tcp(host: "0.0.0.0", port: port)))
        case .unix(let path): [try SocketFile.listen(at: path, owner: owner)]
        case .inherited(let number): [try inherit(number)]
        }
    }

    /// Whether a connection waits to be accepted.
    var isAwaited: Bool {
        var entry = pollfd(fd: descriptor.value, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) > 0
    }

    /// Stops listening.
    func close() {
        file?.remove()
        descriptor.close()
    }

    private static func openInternet(
        host: String,
        port: UInt16,
        onlyIPv6: Bool
    ) throws(SocketServerError) -> [Listener] {
        var listeners: [Listener] = []
        var unavailable: Int32?
        var port = port
        for address in try SystemAddress.resolve(host: host, port: port) {
            let address = address.withPort(port)
            let descriptor: Descriptor
            do throws(SystemError) {
                descriptor = try Descriptor.listening(at: address, onlyIPv6: onlyIPv6)
            } catch {
                // localhost has an address of IPv6 even where the system has none.
                if error.number == EAFNOSUPPORT || error.number == EADDRNOTAVAIL && host == "localhost" {
                    unavailable = error.number
                    continue
                }
                for listener in listeners { listener.close() }
                throw SocketServerError("Cannot listen on \(address.text): \(error.reason).", number: error.number)
            }
            listeners.append(try Listener(descriptor))
            // What the system chose for the first address is taken for the others as well.
            port = SystemAddress(of: descriptor.value)?.port ?? port
        }
        guard !listeners.isEmpty else {
            throw SocketServerError("The host \"\(host)\" has no address to listen on.", number: unavailable)
        }
        return listeners
    }
}

extension Descriptor {
    /// Pending connections that the kernel keeps; it lowers this to its own limit.
    private static let backlog: Int32 = 4_096

    static func socket(family: Int32) throws(SystemError) -> Descriptor {
        #if os(Linux)
            let type = Int32(SOCK_STREAM.rawValue)
        #else
            let type = SOCK_STREAM
        #endif
        let descriptor = Descriptor(owning: systemSocket(family, type))
        guard descriptor.value >= 0, execnet_set_close_on_exec(descriptor.value) == 0 else {
            throw SystemError("open a socket")
        }
        return descriptor
    }

    /// A socket that listens; one in the file system is for its owner only.
    ///
    /// - Parameters:
    ///   - onlyIPv6: leaves the addresses of IPv4 to another socket, if it is all addresses.
    ///   - prepare: runs before anybody can connect.
    static func listening(
        at address: SystemAddress,
        onlyIPv6: Bool = false,
        prepare: () throws(SystemError) -> Void = {}
    ) throws(SystemError) -> Descriptor {
        let descriptor = try socket(family: address.family)
        var on: Int32 = 1
        setsockopt(descriptor.value, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        if address.family == AF_INET6 {
            var only: Int32 = onlyIPv6 ? 1 : 0
            setsockopt(descriptor.value, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &only, socklen_t(MemoryLayout<Int32>.size))
        }
        // The file of a socket gets the socket's own mode. Changing it by its path could follow a link that somebody puts there.
        if address.family == AF_UNIX, fchmod(descriptor.value, 0o600) != 0 {
            throw SystemError("change the mode of the socket")
        }
        guard address.withPointer({ bind(descriptor.value, $0, $1) }) == 0 else { throw SystemError("bind a socket") }
        try prepare()
        guard listen(descriptor.value, backlog) == 0 else { throw SystemError("listen") }
        try descriptor.makeNonBlocking()
        return descriptor
    }
}

private func systemSocket(_ family: Int32, _ type: Int32) -> Int32 { socket(family, type, 0) }
