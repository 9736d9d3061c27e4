//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A real socket server for the time of a test.
struct TestServer {
    /// How a gateway behind it is described.
    let spec: String
    let process: ChildProcess

    static func with<R>(
        hasKey: Bool,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (TestServer) async throws -> R
    ) async throws -> R {
        try await withTemporaryFolder { folder in
            guard hasKey else { return try await with([], spec: "", body) }
            let key = folder + "/key"
            try writeFile("a key for tests, of 33 characters\n", to: key, mode: 0o600)
            return try await with(["--key-file", key], spec: "//key=@\(key)", body)
        }
    }

    /// - Parameters:
    ///   - options: those of the server.
    ///   - spec: what a gateway behind it needs besides the address.
    static func with<R>(
        _ options: [String],
        listen: String = "127.0.0.1:0",
        spec: String,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (TestServer) async throws -> R
    ) async throws -> R {
        let arguments =
            ["execnet-socketserver", "--listen", listen, "--log-level", "error", "--grace", "0"] + options
        let plan = ProcessPlan(executable: ExecutablePath.built("execnet-socketserver"), arguments: arguments)
        let output = try DescriptorPair.pipe()
        let process = try plan.startForTest(output: output.second)
        output.second.close()
        let reader = try DescriptorReader(output.first, poller: try PollerThread.shared())
        let line = String(decoding: try #require(await reader.next()), as: UTF8.self)
        let address = try #require(line.split(whereSeparator: \.isWhitespace).last)
        let server = TestServer(spec: "socket=\(address)\(spec)", process: process)
        let result: Result<R, any Error>
        do { result = .success(try await body(server)) } catch { result = .failure(error) }
        process.signal(SIGTERM)
        _ = await reader.next()
        return try result.get()
    }
}
