//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTLS
import ExecnetTestSupport
import Logging
import NIOPosix
import NIOSSL
import Synchronization
import Testing

@testable import ExecnetSocketServer

/// A server in this process, for as long as `body` runs.
struct TestServer {
    let server: SocketServer
    /// As it prints them.
    let addresses: [String]
    var address: String { addresses.first ?? "" }
    /// Those that it has not closed.
    var connections: Int { server.state.withLock { $0.open.count } }

    static func run<R>(
        _ change: (inout SocketServerConfiguration) throws -> Void = { _ in },
        _ body: (TestServer) async throws -> R
    ) async throws -> R {
        var configuration = SocketServerConfiguration(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        configuration.addresses = [.tcp(host: "127.0.0.1", port: 0)]
        configuration.limits.closing = .milliseconds(100)
        try change(&configuration)
        let (listening, continuation) = AsyncStream.makeStream(of: [String].self)
        configuration.whenListening = { continuation.yield($0) }
        let server = try SocketServer(configuration)
        return try await withThrowingTaskGroup { tasks in
            tasks.addTask {
                defer { continuation.finish() }
                try await server.run()
            }
            defer { server.stopNow() }
            var addresses = listening.makeAsyncIterator()
            guard let found = await addresses.next() else {
                try await tasks.next()
                throw Missing()
            }
            let result = try await body(TestServer(server: server, addresses: found))
            server.stopNow()
            try await tasks.next()
            return result
        }
    }

    private struct Missing: Error {}
}

/// A token of its own for every process.
func makeToken() -> String {
    let digits = Array("0123456789abcdef")
    return String((0..<32).compactMap { _ in digits.randomElement() })
}

/// How a client gets to the server.
enum Transport: CaseIterable, Sendable {
    case plain
    case key

    func security() throws -> Security {
        switch self {
        case .plain: .none
        case .key: .key(try TestKey.one.key())
        }
    }

    func connect(to address: String) async throws -> TestClient {
        switch self {
        case .plain: try TestClient(address)
        case .key: try await TestClient.secure(address, key: TestKey.one.bytes)
        }
    }
}

/// Keys of tests.
enum TestKey: String {
    case one = "the key that both sides have"
    case other = "a key that only one side has"

    var bytes: [UInt8] { Array(rawValue.utf8) }

    /// As it is read from a file.
    func key() throws -> Key { try withFile { try Key(file: $0) } }

    func withFile<R>(_ body: (String) throws -> R) throws -> R { try TestFile.with(rawValue + "\n", body) }
    func withFile<R>(_ body: (String) async throws -> R) async throws -> R {
        try await TestFile.with(rawValue + "\n", body)
    }
}

enum TestFile {
    static func path(_ name: String) -> String { "\(TestRun.temporaryFolder)/\(name)-\(UInt32.random(in: 0 ... .max))" }

    /// A file for as long as `body` runs.
    static func with<R>(_ text: String, mode: mode_t = 0o600, _ body: (String) throws -> R) throws -> R {
        let path = try make(text, mode: mode)
        defer { unlink(path) }
        return try body(path)
    }

    static func with<R>(_ text: String, mode: mode_t = 0o600, _ body: (String) async throws -> R) async throws -> R {
        let path = try make(text, mode: mode)
        defer { unlink(path) }
        return try await body(path)
    }

    private static func make(_ text: String, mode: mode_t) throws -> String {
        let path = path("file")
        let file = Descriptor(owning: open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600))
        try #require(file.value >= 0)
        _ = Array(text.utf8).withUnsafeBytes { file.write($0) }
        fchmod(file.value, mode)
        return path
    }
}

/// Python's interpreter.
func python() throws -> String { try #require(ExecutablePath.find("python3")) }

extension ChildProcess {
    func ended() async -> ExecnetSystem.ExitStatus {
        await withCheckedContinuation { continuation in whenEnded { continuation.resume(returning: $0) } }
    }
}

/// Waits for what announces its coming to nobody. The limit of the test is the limit of the wait.
func until(_ isTrue: () -> Bool) async throws {
    while !isTrue() {
        try Task.checkCancellation()
        await Task.yield()
    }
}

/// Waits until a number that grows does so no more. It may have been too early for that; tests must bear it.
func untilSteady(_ number: () -> Int) async throws {
    var last = -1
    var equals = 0
    try await until {
        let next = number()
        equals = next == last ? equals + 1 : 0
        last = next
        return equals > 20_000
    }
}

/// Whether a process is there.
func exists(_ pid: Int32) -> Bool {
    guard let status = SmallFile.read("/proc/\(pid)/stat") else { return false }
    // A zombie that nobody has reaped yet has ended: "pid (name) Z".
    return !String(decoding: status, as: UTF8.self).contains(") Z ")
}
