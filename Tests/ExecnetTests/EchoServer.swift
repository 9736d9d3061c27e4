//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// Accepts one connection and sends back what comes on it, until its end.
struct EchoServer {
    struct Failure: Error {}

    let target: Connector.Target

    /// - Parameters:
    ///   - host: an address of this machine, or "unix".
    ///   - path: the socket's, then.
    init(_ host: String, path: String) throws {
        let listener: Descriptor
        if host == "unix" {
            target = .unix(path: path)
            listener = try EchoServer.listen(AF_UNIX, sockaddr_un(path: path))
        } else if host.contains(":") {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_addr = in6addr_loopback
            listener = try EchoServer.listen(AF_INET6, address)
            target = .tcp(host: host, port: try EchoServer.port(of: listener))
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            listener = try EchoServer.listen(AF_INET, address)
            target = .tcp(host: host, port: try EchoServer.port(of: listener))
        }
        try SystemThread.start(name: "test-echo") {
            let connection = Descriptor(owning: accept(listener.value, nil, nil))
            listener.close()
            while case .bytes = EchoServer.echo(connection) {}
        }
    }

    private static func echo(_ connection: Descriptor) -> Descriptor.Transfer {
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            guard case .bytes(let count) = connection.read(into: buffer) else { return .ended(0) }
            var rest = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count])
            while !rest.isEmpty {
                guard case .bytes(let count) = connection.write(rest) else { return .ended(0) }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
            return .bytes(count)
        }
    }

    private static func listen<Address>(_ family: Int32, _ address: Address) throws -> Descriptor {
        let listener = Descriptor(owning: socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
        var address = address
        let bound = withUnsafeBytes(of: &address) { bytes in
            bytes.baseAddress.map {
                bind(listener.value, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
            }
        }
        guard bound == 0, Glibc.listen(listener.value, 4) == 0 else { throw Failure() }
        return listener
    }

    private static func port(of listener: Descriptor) throws -> Int {
        var address = sockaddr_in6()
        var size = socklen_t(MemoryLayout.size(ofValue: address))
        let status = withUnsafeMutableBytes(of: &address) { bytes in
            bytes.baseAddress.map { getsockname(listener.value, $0.assumingMemoryBound(to: sockaddr.self), &size) }
        }
        guard status == 0 else { throw Failure() }
        // At the same place in both kinds of address.
        return Int(UInt16(bigEndian: address.sin6_port))
    }
}

extension sockaddr_un {
    fileprivate init(path: String) {
        self.init()
        sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &sun_path) { $0.copyBytes(from: path.utf8) }
    }
}
