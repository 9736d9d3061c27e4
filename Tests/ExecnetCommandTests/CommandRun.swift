//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import ExecnetTestSupport

/// The binary `execnet`, run as a user runs it.
struct CommandRun {
    let process: ChildProcess
    private let input: DescriptorWriter
    private let output: DescriptorReader
    private let errors: DescriptorReader

    /// What a run came to.
    struct Result: Equatable {
        var output = ""
        var errors = ""
        var status = ExitStatus.exited(0)
    }

    /// Runs the command to its end.
    static func result(of arguments: String..., input: String = "") async throws -> Result {
        try await CommandRun(arguments).result(input: input)
    }

    /// Starts the command; the binary is beside the test bundle.
    ///
    /// - Parameter errors: what it gets as standard error, to be read by the caller.
    init(_ arguments: [String], environment: [String: String] = [:], errors given: Descriptor? = nil) throws {
        var plan = ProcessPlan(executable: Self.path, arguments: ["execnet"] + arguments)
        plan.environment.merge(environment) { $1 }
        let poller = try PollerThread.shared()
        let (input, output, errors) = (try DescriptorPair.pipe(), try DescriptorPair.pipe(), try DescriptorPair.pipe())
        process = try ChildProcess.start(
            plan,
            input: input.first,
            output: output.second,
            errors: given ?? errors.second,
            poller: poller
        )
        for end in [input.first, output.second, errors.second] { end.close() }
        given?.close()
        self.input = try DescriptorWriter(input.second, poller: poller)
        self.output = try DescriptorReader(output.first, poller: poller)
        self.errors = try DescriptorReader(errors.first, poller: poller)
    }

    static var path: String { ExecutablePath.built("execnet") }

    /// The next piece of output, nil at its end.
    func nextOutput() async -> String? { await output.next().map { String(decoding: $0, as: UTF8.self) } }

    /// Writes and closes its standard input, and waits for its end.
    func result(input text: String = "") async -> Result {
        if !text.isEmpty { _ = await input.write(Array(text.utf8)) }
        input.close()
        async let printed = Self.all(of: output)
        async let complained = Self.all(of: errors)
        return await Result(output: printed, errors: complained, status: process.ended())
    }

    private static func all(of reader: DescriptorReader) async -> String {
        var bytes: [UInt8] = []
        while let more = await reader.next() { bytes += more }
        return String(decoding: bytes, as: UTF8.self)
    }
}
