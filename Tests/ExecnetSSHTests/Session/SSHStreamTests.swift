//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSSH
import ExecnetSystem
import ExecnetTestSupport
import NIOCore
import Testing

@testable import ExecnetSSH

@Suite(.timeLimit(.minutes(1)), .librariesStarted, .leavesNothingBehind) struct SSHStreamTests {
    /// The server tells of the end at once, and what others still have to say comes later than its channel stays open otherwise.
    @Test func whatIsWrittenAfterTheEndOfAProgramIsReadToo() async throws {
        let heard = try await run("printf early; (sleep 0.5; printf late) & exit 3")
        #expect(heard == Heard(output: "earlylate", exit: .exited(3)))
    }

    @Test func aSignalIsTold() async throws {
        let heard = try await run("printf word; kill -KILL $$")
        #expect(heard == Heard(output: "word", exit: .signalled(9)))
    }

    private struct Heard: Sendable, Equatable {
        var output = ""
        var exit: ExecnetSystem.ExitStatus?
    }

    private func run(_ line: String) async throws -> Heard {
        try await SSHServer.with { server in
            var heard = Heard()
            _ = try await LoginTest(server.clientKey.path).run(server) { heard = try await run(line, $0) }
            return heard
        }
    }

    private func run(_ line: String, _ session: SSHSession) async throws -> Heard {
        let opened = await session.settled { handle -> SSHCall<SSHChannel> in
            var channel: OpaquePointer?
            switch SSHCall(execnet_ssh_channel_open(handle, SSHStream.window(nil), SSHStream.packet, &channel)) {
            case .done: return channel.map { .done(SSHChannel(pointer: $0)) } ?? .failed(SSHCode.failed)
            case .again: return .again
            case .failed(let code): return .failed(code)
            }
        }
        let channel = try opened.get()
        try #require(await session.settled { _ in execnet_ssh_exec(channel.pointer, line, line.utf8.count) } == 0)
        return await withCheckedContinuation { continuation in
            let loop = session.transport.loop
            loop.execute {
                let stream = SSHStream(session, channel: channel, client: Listener(continuation))
                session.transport.attach(NIOLoopBound(stream, eventLoop: loop))
            }
        }
    }

    /// Hears a program to its end.
    private final class Listener: SSHStreamClient {
        private let continuation: CheckedContinuation<Heard, Never>
        private var output: [UInt8] = []

        init(_ continuation: CheckedContinuation<Heard, Never>) { self.continuation = continuation }

        func received(_ bytes: UnsafeRawBufferPointer) { output += bytes }
        func receivedErrors(_ bytes: UnsafeRawBufferPointer) {}
        func fill(_ bytes: inout ByteBuffer, upTo limit: Int) {}
        func ended(_ end: SSHStreamEnd) {
            continuation.resume(returning: Heard(output: String(decoding: output, as: UTF8.self), exit: end.exit))
        }
    }
}
