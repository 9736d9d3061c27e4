//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetWire

/// A program that joins its channel to something on the agent's machine, byte by byte: a process that it starts, or a connection.
///
/// Items are byte strings, both ways. `end()` on the channel ends the standard input or this direction of the connection; when the other
/// direction ends, so do the channel's items.
enum StreamProgram {
    static let kind = "stream"

    /// Runs what the open frame describes, to its end.
    static func run(_ program: Value, on channel: Channel) async throws {
        if let arguments = program["process"]?.array?.compactMap(\.string), let name = arguments.first {
            var plan = ProcessPlan(executable: program["executable"]?.string ?? name, arguments: arguments)
            for (name, value) in program["environment"]?.stringMap ?? [:] { plan.environment[name] = value.string }
            plan.directory = program["directory"]?.string
            let errors = try program["errors"]?.channel.map { try channel.channel(for: $0) }
            defer { errors?.close(with: nil) }
            return try await ProcessStream(plan: plan, channel: channel, errors: errors).run()
        }
        guard let target = target(program["connect"]) else {
            throw ProgramRunner.Refusal(reason: "The stream names neither a process nor where to connect to.")
        }
        try await ConnectionStream(target: target, channel: channel).run()
    }

    private static func target(_ value: Value?) -> Connector.Target? {
        if let path = value?["unix"]?.string { return .unix(path: path) }
        guard let host = value?["host"]?.string, let port = value?["port"]?.int else { return nil }
        return .tcp(host: host, port: port)
    }

    /// Whether an open frame asks for a stream.
    static func isDescribed(by payload: WireBytes) -> Bool {
        (try? Wire.decode(Value.self, from: payload))?["kind"]?.string == kind
    }
}
