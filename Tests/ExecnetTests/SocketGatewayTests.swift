//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetSystem
import ExecnetTestSupport
import Logging
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// What is special about gateways behind socket servers.
@Suite(.leavesNothingBehind)
struct SocketGatewayTests {
    @Test(.timeLimit(.minutes(1)))
    func aWrongKeyIsATypedError() async throws {
        try await TestServer.with(hasKey: true) { server in
            try await withTemporaryFolder { folder in
                try writeFile("another key, which is long enough\n", to: folder + "/other", mode: 0o600)
                let address = try #require(server.spec.split(separator: "/").first.map(String.init))
                let error = await expectGatewayError(.notAuthenticated) {
                    try await Gateway.open("\(address)//key=@\(folder)/other", configuration: .quiet)
                }
                #expect(error?.message.contains("key") == true)
                #expect(error.map { "\($0)" }?.contains("another key") == false)
                try await withGateway(server.spec, configuration: .quiet) { _ in }
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func noKeyForAServerWithOneSaysSo() async throws {
        try await TestServer.with(hasKey: true) { server in
            let address = try #require(server.spec.split(separator: "/").first.map(String.init))
            do {
                _ = try await Gateway.open(address, configuration: .quiet)
                Issue.record("no error")
            } catch let error as GatewayError {
                #expect("\(error)".contains("key"))
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aKeyForAServerWithoutOneIsATypedError() async throws {
        try await TestServer.with(hasKey: false) { server in
            try await withTemporaryFolder { folder in
                try writeFile("a key, and it is long enough too\n", to: folder + "/key", mode: 0o600)
                await expectGatewayError(.notAuthenticated) {
                    try await Gateway.open("\(server.spec)//key=@\(folder)/key", configuration: .quiet)
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func nobodyListeningIsATypedError() async throws {
        let error = await expectGatewayError(.launchFailed) { try await Gateway.open("socket=127.0.0.1:1") }
        #expect(error?.message.contains("refused") == true)
    }

    /// Item 50 of the contract.
    @Test(.timeLimit(.minutes(1)))
    func item50AnUnknownHostIsATypedError() async throws {
        let error = await expectGatewayError(.launchFailed) { try await Gateway.open("socket=no-host.invalid:8888") }
        #expect(error?.message.contains("no-host.invalid") == true)
    }

    @Test(.timeLimit(.minutes(1)))
    func aMissingOrShortKeyIsATypedError() async throws {
        await expectGatewayError(.launchFailed) { try await Gateway.open("socket=127.0.0.1:1//key=@/no/such/file") }
        try await withTemporaryFolder { folder in
            try writeFile("short", to: folder + "/key", mode: 0o600)
            let error = await expectGatewayError(.launchFailed) {
                try await Gateway.open("socket=127.0.0.1:1//key=@\(folder)/key")
            }
            #expect(error?.message.contains("16") == true)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aPlainGatewayOutlivesItsServer() async throws {
        try await TestServer.with(hasKey: false) { server in
            let gateway = try await Gateway.open(server.spec, configuration: .quiet)
            let pid = try await gateway.info().pid
            server.process.signal(SIGKILL)
            #expect(await server.process.ended() == .signalled(SIGKILL))
            let far = GatewayUnderTest(kind: .socket, gateway: gateway)
            for _ in 0..<100 { try await far.expectUsable() }
            await gateway.close()
            while isRunning(pid) { await Task.yield() }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aGatewayWithAKeyEndsWithItsServer() async throws {
        try await TestServer.with(hasKey: true) { server in
            let gateway = try await Gateway.open(server.spec, configuration: .quiet)
            let pid = try await gateway.info().pid
            let waiter = try await GatewayUnderTest(kind: .tls, gateway: gateway).waiter()
            server.process.signal(SIGKILL)
            await expectGatewayError(.connectionLost) { try await waiter.waitClose() }
            while isRunning(pid) { await Task.yield() }
            await gateway.close()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aKeyFileThatOthersReadIsComplainedAbout() async throws {
        try await withTemporaryFolder { folder in
            try writeFile("a key, and it is long enough too\n", to: folder + "/key", mode: 0o644)
            let records = Mutex<[String]>([])
            var configuration = GatewayConfiguration.quiet
            configuration.logger = Logger(label: "test") { _ in
                RecordingLogHandler { text in records.withLock { $0.append(text) } }
            }
            await expectGatewayError(.launchFailed) {
                try await Gateway.open("socket=127.0.0.1:1//key=@\(folder)/key", configuration: configuration)
            }
            #expect(records.withLock { $0 }.contains { $0.contains("can be read by others") })
        }
    }

    @Test func aKeyIsNeverShown() throws {
        var spec = GatewaySpec()
        spec.place = .socket(.host("::1", port: 7))
        spec.security = .key(.bytes(Array("a very secret key of some length".utf8)))
        #expect(spec.description == "socket=[::1]:7//key=(hidden)")
        let error = #expect(throws: GatewayError.self) { try GatewaySpec("socket=h:1//key=secret//foo=1") }
        #expect(error.map { "\($0)" }?.contains("secret") == false)
    }
}

/// Hands on what is logged.
private struct RecordingLogHandler: LogHandler {
    let record: @Sendable (String) -> Void
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    init(_ record: @escaping @Sendable (String) -> Void) { self.record = record }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { record("\(event.message)") }
}
