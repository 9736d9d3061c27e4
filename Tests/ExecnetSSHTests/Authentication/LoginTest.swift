//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSSH
import ExecnetSystem
import ExecnetTestSupport
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import ExecnetSSH

/// How a test logs in: as one key file and no other means, unless told.
struct LoginTest: Sendable {
    var options = SSHAuthenticationOptions()
    var credentials = SSHCredentials()
    /// Told when it begins, and ceases, to wait for somebody else than the server.
    var onWaiting: @Sendable (Bool) -> Void = { _ in }
    /// Gets the session before anything is tried.
    var onSession: @Sendable (SSHSession) -> Void = { _ in }

    init(_ identities: String...) { options.identities = identities.map { .init(path: $0) } }

    /// Shakes hands and logs in, and does something with that.
    func run(
        _ server: SSHServer,
        then use: (SSHSession) async throws -> Void = { _ in }
    ) async throws -> SSHAuthenticationOutcome {
        let buffers = SSHBuffers()
        let socket = try await Connector.connect(to: .tcp(host: "127.0.0.1", port: server.port), within: .seconds(20))
        let session = try SSHSession(try await SocketTransport.open(socket, buffers), buffers)
        let result: Result<SSHAuthenticationOutcome, any Error>
        do {
            let outcome = try await run(session, user: server.user)
            try await use(session)
            result = .success(outcome)
        } catch {
            result = .failure(error)
        }
        session.abort(nil)
        await buffers.ended()
        session.close()
        return try result.get()
    }

    private func run(_ session: SSHSession, user: String) async throws -> SSHAuthenticationOutcome {
        try #require(await session.settled { execnet_ssh_handshake($0) } == 0)
        onSession(session)
        let authentication = SSHAuthentication(
            session: session,
            user: user,
            options: options,
            credentials: credentials,
            onWaiting: onWaiting
        )
        let outcome = try await authentication.run()
        let isIn = session.call { execnet_ssh_is_authenticated($0) }
        if case .authenticated = outcome { #expect(isIn == true) } else { #expect(isIn == false) }
        return outcome
    }
}

extension SSHAuthenticationOutcome {
    var isAuthenticated: Bool { if case .authenticated = self { true } else { false } }
    var isDenied: Bool { if case .denied = self { true } else { false } }
    /// Each attempt as "name: outcome".
    var attempts: [String] {
        history.attempts.map { attempt in
            switch attempt.subject {
            case .key(let key): "\(key.name): \(attempt.outcome)"
            default: "\(attempt.subject): \(attempt.outcome)"
            }
        }
    }
}

/// What callbacks were told, in order.
final class Calls: Sendable {
    private let list = Mutex<[String]>([])
    var all: [String] { list.withLock { $0 } }
    func add(_ call: String) { list.withLock { $0.append(call) } }
}

/// Starts what lives as long as the process, so that it is not taken for something left behind.
struct LibrariesStarted: SuiteTrait, TestScoping {
    @concurrent func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        #expect(SSHLibrary.obstacle == nil)
        for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() { try await loop.submit {}.get() }
        try await function()
    }
}

extension Trait where Self == LibrariesStarted {
    static var librariesStarted: LibrariesStarted { LibrariesStarted() }
}

extension SSHServer {
    /// Lets another key in.
    func authorize(_ keys: SSHKey...) throws {
        let lines = (keys + [clientKey]).map { $0.publicKey + "\n" }.joined()
        try writeFile(lines, to: folder + "/authorized_keys")
    }

    /// How many lines of the log so far have all of these words.
    func count(_ words: String...) -> Int {
        log.lines.filter { line in words.allSatisfy { line.contains($0) } }.count
    }
}
