//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTLS
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import ExecnetSocketServer

/// A client of the server that says what it is told to.
final class TestClient: Sendable {
    let stream: Descriptor
    private let reader: DescriptorReader
    private let writer: DescriptorWriter
    private let tls: TLS?

    /// What a client with TLS has besides.
    private struct TLS: Sendable {
        var relay: TLSRelay
        var socket: Descriptor
        var group: MultiThreadedEventLoopGroup
    }

    convenience init(_ address: String) throws { try self.init(TestClient.connect(address), tls: nil) }

    private init(_ stream: Descriptor, tls: TLS?) throws {
        self.stream = stream
        self.tls = tls
        let poller = try PollerThread.shared()
        reader = try DescriptorReader(stream, poller: poller)
        writer = try DescriptorWriter(stream, poller: poller)
    }

    /// A client with TLS and a key.
    static func secure(_ address: String, key: [UInt8], identity: String = "execnet") async throws -> TestClient {
        var configuration = TLSConfiguration.makePreSharedKeyConfiguration()
        configuration.maximumTLSVersion = .tlsv12
        configuration.cipherSuites = "ECDHE-PSK-CHACHA20-POLY1305"
        configuration.pskClientProvider = { _ in
            var bytes = NIOSSLSecureBytes()
            bytes.append(key)
            return PSKClientIdentityResponse(key: bytes, identity: identity)
        }
        return try await secure(address, configuration)
    }

    static func secure(_ address: String, _ configuration: TLSConfiguration) async throws -> TestClient {
        let context = try NIOSSLContext(configuration: configuration)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            let socket = try connect(address)
            let relay = try await TLSRelay.open(socket.duplicate(), group: group) {
                try NIOSSLClientHandler(context: context, serverHostname: nil)
            }
            return try TestClient(relay.inside, tls: TLS(relay: relay, socket: socket, group: group))
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
    }

    /// A connected socket; `address` as the server prints it.
    static func connect(_ address: String) throws -> Descriptor {
        let place: SystemAddress
        switch try ListenAddress(address) {
        case .tcp(let host, let port):
            place = try #require(SystemAddress.resolve(host: host, port: port).first)
        case .unix(let path): place = SystemAddress(unix: path)
        case .inherited: throw SocketServerError("fd: cannot be connected to")
        }
        let socket = try Descriptor.socket(family: place.family)
        let failure = place.withPointer { systemConnect(socket.value, $0, $1) == 0 ? 0 : errno }
        guard failure == 0 else { throw SystemError("connect", number: failure) }
        return socket
    }

    // MARK: what it says

    func send(_ text: String) async { _ = await writer.write(Array(text.utf8)) }
    func run(_ token: String, _ command: String) async { await send("execnet 1 run \(token) \(command)\n") }
    func attach(_ token: String) async { await send("execnet 1 attach \(token)\n") }
    func endSending() { shutdown(stream.value, Int32(SHUT_WR)) }

    // MARK: what it hears

    /// The next piece, nil at the end.
    func next() async -> String? { await reader.next().map { String(decoding: $0, as: UTF8.self) } }

    /// What comes up to the end of a text.
    func hear(_ end: String) async -> String {
        var text = ""
        while !text.hasSuffix(end), let more = await next() { text += more }
        return text
    }

    /// All up to the end of the connection.
    func rest() async -> String {
        var text = ""
        while let more = await next() { text += more }
        return text
    }

    // MARK: how it goes

    func close() async {
        // Some tests close before `with` does, and a group that has been shut down answers nobody.
        guard let tls, stream.value >= 0 else { return stream.close() }
        stream.close()
        await tls.relay.ended()
        tls.socket.close()
        try? await tls.group.shutdownGracefully()
    }

    /// Goes as one that was killed: without a word.
    func vanish() async {
        if let tls {
            // No goodbye of TLS, which a relay that is told to end would say.
            shutdown(tls.socket.value, Int32(SHUT_RDWR))
        }
        await close()
    }

    /// Goes as one that was killed with something unread: everything on its way is lost. It still has to be closed.
    func reset() {
        var nowhere = sockaddr()
        nowhere.sa_family = sa_family_t(AF_UNSPEC)
        _ = systemConnect(tls?.socket.value ?? stream.value, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    }

    /// Does something with a client and closes it.
    static func with<R>(_ client: TestClient, _ body: (TestClient) async throws -> R) async throws -> R {
        let result: Result<R, any Error>
        do { result = .success(try await body(client)) } catch { result = .failure(error) }
        await client.close()
        return try result.get()
    }
}

private func systemConnect(_ socket: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
    connect(socket, address, length)
}
