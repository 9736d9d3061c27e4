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

    /// Shakes hands over a connected socket; throws if that fails.
    package static func open(
        _ socket: Descriptor,
        group: any EventLoopGroup,
        handler: @escaping @Sendable () throws -> NIOSSLHandler
    ) async throws -> TLSRelay {
        // Both channels on one loop: bytes never change the thread on their way.
        let loop = group.next()
        let handshake = loop.makePromise(of: Void.self)
        let outer = NIOLoopBoundBox<RelayHandler?>.makeEmptyBox(eventLoop: loop)
        let channel = try await bootstrap(loop) { channel in
            let relay = RelayHandler(handshake: handshake)
            outer.value = relay
            try channel.pipeline.syncOperations.addHandlers([handler(), relay])
        }
        .withConnectedSocket(socket.duplicate()).get()
        try await handshake.futureResult.get()
        do {
            let pair = try DescriptorPair.sockets()
            let number = try pair.first.duplicate()
            let inner = try await bootstrap(loop) { try $0.pipeline.syncOperations.addHandler(RelayHandler()) }
                .withConnectedSocket(number).get()
            try await loop.submit {
                outer.value?.join(try inner.pipeline.syncOperations.handler(type: RelayHandler.self))
            }.get()
            return TLSRelay(inside: pair.second, channels: [channel, inner])
        } catch {
            try? await channel.close()
            throw error
        }
    }

    /// BoringSSL's words for what went wrong, out of descriptions that name its source files as well.
    package static func reason(of error: any Error) -> String {
        let text = "\(error)"
        let mark = ":OPENSSL_internal:"
        var reasons: [Substring] = []
        var rest = text[...]
        while let found = rest.firstRange(of: mark) {
            rest = rest[found.upperBound...]
            reasons.append(rest.prefix { $0 != " " })
        }
        return reasons.isEmpty ? text : reasons.joined(separator: ", ")
    }

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

extension Descriptor {
    /// Another number for the same thing, for an owner that closes it itself.
    func duplicate() throws(SystemError) -> Int32 {
        let number = fcntl(value, F_DUPFD_CLOEXEC, 0)
        guard number >= 0 else { throw SystemError("duplicate a descriptor") }
        return number
    }
}
