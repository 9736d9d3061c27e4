//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTLS
import ExecnetTestSupport
import Testing

@testable import ExecnetSocketServer

/// The binary `execnet-socketserver`, run as a user runs it.
final class ServerProgram: Sendable {
    let process: ChildProcess
    private let output: DescriptorReader
    private let errors: DescriptorReader

    /// Its own environment, unless `variables` say something else.
    convenience init(_ arguments: [String], variables: [String: String] = [:]) throws {
        let path = ExecutablePath.built("execnet-socketserver")
        var plan = ProcessPlan(executable: path, arguments: ["execnet-socketserver"] + arguments)
        plan.environment.merge(variables) { $1 }
        try self.init(plan)
    }

    init(_ plan: ProcessPlan) throws {
        let poller = try PollerThread.shared()
        let null = Descriptor(owning: open("/dev/null", O_RDWR | O_CLOEXEC))
        let (output, errors) = (try DescriptorPair.pipe(), try DescriptorPair.pipe())
        process = try ChildProcess.start(
            plan,
            input: null,
            output: output.second,
            errors: errors.second,
            poller: poller
        )
        for end in [null, output.second, errors.second] { end.close() }
        self.output = try DescriptorReader(output.first, poller: poller)
        self.errors = try DescriptorReader(errors.first, poller: poller)
    }

    /// Starts a server, does something with it, and ends it.
    static func with<R>(_ arguments: [String], _ body: (ServerProgram) async throws -> R) async throws -> R {
        let program = try ServerProgram(arguments)
        let result: Result<R, any Error>
        do { result = .success(try await body(program)) } catch { result = .failure(error) }
        program.process.signal(SIGKILL)
        _ = await program.process.ended()
        return try result.get()
    }

    /// The address that it says first.
    func address() async throws -> String { try #require(await addresses(1).first) }

    /// As many addresses as it says that it listens on.
    func addresses(_ count: Int) async throws -> [String] {
        var text = ""
        while text.split(separator: "\n").count < count || !text.hasSuffix("\n") {
            text += String(decoding: try #require(await output.next()), as: UTF8.self)
        }
        return text.split(separator: "\n").map { line in
            #expect(line.hasPrefix("listening on "))
            return String(line.dropFirst("listening on ".count))
        }
    }

    /// What it writes to standard error, up to its end.
    func complaints() async -> String {
        var text = ""
        while let bytes = await errors.next() { text += String(decoding: bytes, as: UTF8.self) }
        return text
    }

    /// What it says when it does not start.
    static func complaints(_ arguments: [String]) async -> String {
        do {
            let program = try ServerProgram(arguments)
            let text = await program.complaints()
            #expect(await program.process.ended() == .exited(1))
            return text
        } catch {
            return "\(error)"
        }
    }
}
