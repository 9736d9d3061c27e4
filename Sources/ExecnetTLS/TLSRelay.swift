//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetSystem
package import NIOCore
import NIOPosix
package import NIOSSL

/// Carries bytes between a TLS connection and a socket pair, so that everything else deals with plain sockets only.
package struct TLSRelay: Sendable {
    /// What the other side sends can be read here, and what is written here it gets.
    package let inside: Descriptor
    private let channels: [any NIOCore.Channel]

    /// Shakes hands over a connected socket, which the relay takes over; throws if that fails.
    ///
    /// - Parameters:
    ///   - pair: makes the inner side, once the handshake is through.
    ///   - verify: looks at the connection after the handshake, and throws if it is not to be trusted.
    package static func open(
        _ socket: Descriptor,
        group: any EventLoopGroup,
        pair: () async throws -> DescriptorPair = { try DescriptorPair.sockets() },
        verify: (any NIOCore.Channel) async throws -> Void = { _ in },
        handler: @escaping @Sendable () throws -> NIOSSLHandler
    ) async throws -> TLSRelay {
        // Both channels on one loop: bytes never change the thread on their way.
        let loop = group.next()
        let outer = NIOLoopBoundBox<RelayHandler?>.makeEmptyBox(eventLoop: loop)
        let channel = try await Handshake.perform(on: loop, verify: verify) { handshake in
            try await bootstrap(loop) { channel in
                let relay = RelayHandler(handshake: handshake)
                outer.value = relay
                try channel.pipeline.syncOperations.addHandlers([handler(), relay])
            }
            .withConnectedSocket(socket.release()).get()
        }
        do {
            let pair = try await pair()
            let inner = try await bootstrap(loop) { try $0.pipeline.syncOperations.addHandler(RelayHandler()) }
                .withConnectedSocket(pair.first.release()).get()
            try await loop.submit {
                outer.value?.join(try inner.pipeline.syncOperations.handler(type: RelayHandler.self))
            }.get()
            return TLSRelay(inside: pair.second, channels: [channel, inner])
        } catch {
            try? await channel.close()
            throw error
        }
    }

    /// Shakes hands as a client over a connected socket, which the relay takes over.
    ///
    /// - Throws: ``SecurityError``, `CancellationError`.
    package static func connect(
        _ socket: Descriptor,
        group: any EventLoopGroup,
        client: TLSClient
    ) async throws -> TLSRelay {
        try await client.explained {
            try await open(socket, group: group, verify: client.verify) { try client.makeHandler() }
        }
    }

    /// BoringSSL's words for what went wrong, out of descriptions that name its source files as well.
    package static func reason(of error: any Error) -> String {
        let text = "\(error)"
        // Without searching for a text in a text, which would add a megabyte to the agent.
        let reasons = text.split(separator: " ").compactMap { word -> Substring? in
            let parts = word.split(separator: ":")
            return parts.firstIndex(of: "OPENSSL_internal").flatMap { parts.dropFirst($0 + 1).first }
        }
        return reasons.isEmpty ? text : reasons.joined(separator: ", ")
    }

    /// Whether it is the other side's or this one's objection to the handshake, which with TLS 1.3 can come after its end.
    package static func isRefusal(_ error: any Error) -> Bool { error is BoringSSLError }

    /// Waits until all has been carried over and both sides are closed.
    package func ended() async { for channel in channels { try? await channel.closeFuture.get() } }

    /// Large pieces: with the usual few kilobytes most of the time goes into calls of the system.
    private static let piece = 256 * 1_024

    private static func bootstrap(
        _ loop: any EventLoop,
        _ initialize: @escaping @Sendable (any NIOCore.Channel) throws -> Void
    ) -> ClientBootstrap {
        ClientBootstrap(group: loop)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: piece))
            .channelOption(.writeBufferWaterMark, value: .init(low: piece, high: 2 * piece))
            .channelInitializer { channel in channel.eventLoop.makeCompletedFuture { try initialize(channel) } }
    }
}
