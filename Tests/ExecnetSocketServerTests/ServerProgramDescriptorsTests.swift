//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

@testable import ExecnetSocketServer

/// How many descriptors the program has, and how it goes on without.
@Suite(.timeLimit(.minutes(1)), .leavesNothingBehind)
struct ServerProgramDescriptorsTests {
    @Test func itHasAsManyDescriptorsAsItMayAndItsProcessesTheUsual() async throws {
        let program = try limited("ulimit -Sn 64", ["--listen", "127.0.0.1:0"])
        let address = try await program.address()
        try await TestClient.with(TestClient(address)) { client in
            await client.run(makeToken(), "ulimit -Sn; ulimit -Hn")
            let limits = await client.rest().split(separator: "\n")
            #expect(limits.count == 2 && limits[0] == "64")
            let own = String(decoding: SmallFile.read("/proc/\(program.process.pid)/limits") ?? [], as: UTF8.self)
            let line = own.split(separator: "\n").first { $0.hasPrefix("Max open files") }
            #expect(line?.split(separator: " ")[3] == limits[1])
        }
        program.process.signal(SIGKILL)
        _ = await program.process.ended()
    }

    @Test func withoutDescriptorsItGoesOn() async throws {
        try await TestKey.one.withFile { path in
            let program = try limited("ulimit -n 48", ["--listen", "127.0.0.1:0", "--key-file", path])
            let address = try await program.address()
            var halfOpen: [Descriptor] = []
            for _ in 0..<100 {
                let socket = try TestClient.connect(address)
                // As TLS begins.
                _ = [22, 3, 1].withUnsafeBytes { socket.write($0) }
                halfOpen.append(socket)
            }
            // The oldest had to make room.
            var byte: UInt8 = 0
            try await until { withUnsafeMutableBytes(of: &byte) { halfOpen[0].receive(into: $0) } != .wouldBlock }
            for socket in halfOpen { socket.close() }
            try await TestClient.with(Transport.key.connect(to: address)) { client in
                await client.run(makeToken(), "echo works")
                #expect(await client.rest() == "works\n")
            }
            program.process.signal(SIGKILL)
            _ = await program.process.ended()
        }
    }

    /// A server that was started by a shell, after a command.
    private func limited(_ command: String, _ arguments: [String]) throws -> ServerProgram {
        let path = ExecutablePath.built("execnet-socketserver")
        return try ServerProgram(
            ProcessPlan(
                executable: "/bin/sh",
                arguments: ["sh", "-c", "\(command); exec \"$0\" \"$@\"", path] + arguments
            )
        )
    }
}
