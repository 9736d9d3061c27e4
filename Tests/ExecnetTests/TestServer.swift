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
            var arguments = ["execnet-socketserver", "--listen", "127.0.0.1:0", "--log-level", "error", "--grace", "0"]
            let key = folder + "/key"
            if hasKey {
                try writeFile("a key for tests, of 33 characters\n", to: key, mode: 0o600)
                arguments += ["--key-file", key]
            }
            let plan = ProcessPlan(executable: ExecutablePath.built("execnet-socketserver"), arguments: arguments)
            let output = try DescriptorPair.pipe()
            let process = try plan.startForTest(output: output.second)
            output.second.close()
            let reader = try DescriptorReader(output.first, poller: try PollerThread.shared())
            let line = String(decoding: try #require(await reader.next()), as: UTF8.self)
            let address = try #require(line.split(whereSeparator: \.isWhitespace).last)
            let server = TestServer(
                spec: "socket=\(address)" + (hasKey ? "//key=@\(key)" : ""),
                process: process
            )
            let result: Result<R, any Error>
            do { result = .success(try await body(server)) } catch { result = .failure(error) }
            process.signal(SIGTERM)
            _ = await reader.next()
            return try result.get()
        }
    }
}
