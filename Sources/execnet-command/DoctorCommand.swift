//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ArgumentParser
import Execnet
import Logging

/// `execnet doctor`: why a gateway cannot be opened, or how good it is.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Open a gateway step by step, and say of each step whether it works or what to do.",
        discussion: """
            Which steps there are depends on the place: what leads to its shell, what the shell prints unasked, what it says \
            of the machine, where an agent can be kept, the agent's start, and then the round trip, the clock and the throughput. \
            Each is printed when it is done. After a failure follows what can be done about it; what depends on that step is skipped.

            With --json every step is one line of JSON: an object with the keys "step" and "outcome", which is
              "ok"         with "detail", and "ms" for the time it took
              "skipped"    with "why"
              "failed"     with "code", "obstacle" and "remedy"

            The exit status is 0 if all is well, and 1 if something failed.

            Examples:
              execnet doctor popen
              execnet doctor ssh=user@host:2222
              execnet doctor 'command=docker exec -i box' --json
              execnet doctor --via ssh=gate//id=gate ssh=inner//via=gate
            """
    )

    @OptionGroup var gateway: GatewayOptions

    @Flag(help: "Print every step as one line of JSON.")
    var json = false

    func run() async throws {
        let (way, json) = (try gateway.way(), json)
        try await cancelledByInterrupt {
            try await way.openHops { try await DoctorCommand.examine(way.last, json) }
        }
    }

    private static func examine(_ spec: GatewaySpec, _ json: Bool) async throws {
        let progress = PlantingProgress()
        let table = DoctorReport(spec)
        if !json { try StandardOutput.print(table.target) }
        var configuration = progress.configuration
        // The steps say all of it.
        configuration.logger.logLevel = .error
        configuration.output = .discard
        let report = await Gateway.diagnose(spec, configuration: configuration) { step in
            progress.finish()
            // Who does not read on has seen enough; the rest is done all the same, so that nothing is left behind.
            try? StandardOutput.print(json ? step.json : table.text(of: step))
        }
        progress.finish()
        try Task.checkCancellation()
        if !json { try StandardOutput.print(report.summary) }
        guard report.isOK else { throw ExitCode.failure }
    }
}
