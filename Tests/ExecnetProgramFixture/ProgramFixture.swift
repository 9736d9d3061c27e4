//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The shortest program that is its own agent: says where the agent runs its program and its main actor.
@main
struct ProgramFixture: ExecnetProgram {
    static func run() async throws {
        try await withGateway("popen") { gateway in
            let channel = try await gateway.remoteExec { channel in
                try await channel.send(isMainThread())
                try await channel.send(await MainActor.run { isMainThread() })
            }
            print("program on the main thread: \(try await channel.receive(as: Bool.self))")
            print("main actor on the main thread: \(try await channel.receive(as: Bool.self))")
        }
        try await withGateway("popen//execution=serial") { gateway in
            let channel = try await gateway.remoteExec { channel in try await channel.send(isMainThread()) }
            print("serial program on the main thread: \(try await channel.receive(as: Bool.self))")
        }
    }
}

/// Whether the number of the running thread is that of its process, which is so for the first one only.
private func isMainThread() -> Bool {
    var path = [CChar](repeating: 0, count: 64)
    // "PID/task/TID"
    let count = readlink("/proc/thread-self", &path, path.count)
    let parts = path.prefix(max(count, 0)).split(separator: CChar(UInt8(ascii: "/")))
    return parts.count == 3 && parts[0] == parts[2]
}
