//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetSystem
import ExecnetTestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// The socket server that comes with Python's execnet package, as it is.
@Suite(.leavesNothingBehind)
struct PythonSocketServerTests {
    /// Runs the package's own server for the time of `body`, which gets its port.
    private func withServer<R>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: (Int) async throws -> R
    ) async throws -> R {
        let python = try #require(
            getenv("EXECNET_TEST_PYTHON").map { String(cString: $0) },
            "run the tests by make test"
        )
        // The package's server, started as its own main part does, but on a free port that it tells.
        let script = """
            import sys
            from execnet.gateway_base import get_execmodel
            import execnet.script.socketserver as server
            server.execmodel = get_execmodel("thread")
            socket = server.bind_and_listen("127.0.0.1:0", server.execmodel)
            print(socket.getsockname()[1], flush=True)
            sys.stdout = sys.stderr
            server.startserver(socket, loop=True)
            """
        let output = try DescriptorPair.pipe()
        let process = try ProcessPlan(executable: python, arguments: [python, "-c", script])
            .startForTest(output: output.second)
        output.second.close()
        let reader = try DescriptorReader(output.first, poller: try PollerThread.shared())
        let line = String(decoding: try #require(await reader.next()), as: UTF8.self)
        let port = try #require(line.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) })
        let result: Result<R, any Error>
        do { result = .success(try await body(port)) } catch { result = .failure(error) }
        process.signal(SIGKILL)
        while await reader.next() != nil {}
        return try result.get()
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["", "//server=python"])
    func aGatewayIsOpenedThroughIt(option: String) async throws {
        try await withServer { port in
            for spec in ["socket=127.0.0.1:\(port)\(option)", "socket=127.0.0.1:\(port)\(option)//python=python3"] {
                try await withGateway(spec, configuration: .quiet) { gateway in
                    let kind = spec.contains("python=python3") ? GatewayKind.socketPython : .socket
                    try await GatewayUnderTest(kind: kind, gateway: gateway).expectUsable()
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func severalGatewaysLiveSideBySideAndTellHowTheyEnd() async throws {
        try await withServer { port in
            let spec = "socket=127.0.0.1:\(port)//server=python"
            try await withGateway(spec, configuration: .quiet) { first in
                try await withGateway(spec, configuration: .quiet) { second in
                    let waiter = try await GatewayUnderTest(kind: .socket, gateway: second).waiter()
                    killProcess(try await second.info().pid)
                    let error = await expectGatewayError(.agentEnded) { try await waiter.waitClose() }
                    #expect(error?.message.contains("SIGKILL") == true)
                }
                try await GatewayUnderTest(kind: .socket, gateway: first).expectUsable()
            }
        }
    }
}
