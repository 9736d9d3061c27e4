//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Synchronization

/// A port of 127.0.0.1 behind which there is less than a server of SSH.
struct SilentServer: Sendable {
    struct Failure: Error {}

    let port: Int

    /// Takes connections, and says something on each; nothing more comes then.
    @discardableResult static func with<R>(
        saying text: String,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (SilentServer) async throws -> R
    ) async throws -> R {
        let listener = try listen(backlog: 8)
        let accepted = Mutex<[Descriptor]>([])
        try SystemThread.start(name: "test-silent") {
            while case let connection = accept(listener.value, nil, nil), connection >= 0 {
                let descriptor = Descriptor(owning: connection)
                var text = text
                _ = text.withUTF8 { descriptor.write(UnsafeRawBufferPointer($0)) }
                accepted.withLock { $0.append(descriptor) }
            }
            for descriptor in accepted.withLock({ $0 }) { descriptor.close() }
            listener.close()
        }
        // Ends `accept`.
        defer { shutdown(listener.value, Int32(SHUT_RDWR)) }
        return try await body(SilentServer(port: try port(of: listener)))
    }

    /// Answers nobody who connects: as many wait already as the system lets wait.
    @discardableResult static func withBlackHole<R>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: (SilentServer) async throws -> R
    ) async throws -> R {
        let listener = try listen(backlog: 1)
        defer { listener.close() }
        let server = SilentServer(port: try port(of: listener))
        // Two of them wait to be accepted, and the others already get no answer.
        let waiting = try (0..<4).map { _ in try connect(to: server.port) }
        defer { for descriptor in waiting { descriptor.close() } }
        return try await body(server)
    }

    private static func listen(backlog: Int32) throws -> Descriptor {
        let descriptor = try makeSocket()
        var address = address(port: 0)
        let status = withSocketAddress(&address) { bind(descriptor.value, $0, $1) }
        guard status == 0, Glibc.listen(descriptor.value, backlog) == 0 else { throw Failure() }
        return descriptor
    }

    /// Begins to, as a client that says nothing.
    static func connect(to port: Int) throws -> Descriptor {
        let descriptor = try makeSocket()
        try descriptor.makeNonBlocking()
        var address = address(port: port)
        let status = withSocketAddress(&address) { Glibc.connect(descriptor.value, $0, $1) }
        guard status == 0 || errno == EINPROGRESS else { throw Failure() }
        return descriptor
    }

    private static func makeSocket() throws -> Descriptor {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let number = socket(AF_INET, kind, 0)
        guard number >= 0 else { throw Failure() }
        return Descriptor(owning: number)
    }

    private static func port(of listener: Descriptor) throws -> Int {
        var address = address(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withSocketAddress(&address) { start, _ in
            getsockname(listener.value, UnsafeMutablePointer(mutating: start), &size)
        }
        guard status == 0 else { throw Failure() }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func address(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    private static func withSocketAddress(
        _ address: inout sockaddr_in,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
