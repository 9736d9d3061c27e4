//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ArgumentParser
import Execnet

/// `execnet info`: who answers at the other end, and how fast.
struct InfoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Show what an agent says about itself, and the round-trip time.",
        discussion: """
            The round-trip time is the median of \(Gateway.roundTrips) status queries.

            Examples:
              execnet info popen
              execnet info popen//python=python3 --json
              execnet info 'command=docker exec -i box'
              execnet info ssh=build@node1
              execnet info socket=build.example:8888//key=@/etc/execnet.key
              execnet info --via ssh=gate//id=gate socket=inner:8888//via=gate
            """
    )

    @OptionGroup var gateway: GatewayOptions

    @Flag(help: "Print one line of JSON.")
    var json = false

    func run() async throws {
        let (way, json) = (try gateway.way(), json)
        try await cancelledByInterrupt {
            try await way.open { gateway in
                let report = Report(
                    gateway: gateway.id,
                    info: try await gateway.info(),
                    microseconds: ((try await gateway.roundTrip() / .microseconds(1)) * 10).rounded() / 10
                )
                for line in json ? [report.json] : report.lines { try StandardOutput.print(line) }
            }
        }
    }
}

/// What `execnet info` prints.
private struct Report {
    var gateway: String
    var info: GatewayInfo
    var microseconds: Double

    var lines: [String] {
        [
            "gateway:     \(gateway)",
            "language:    \(info.language) \(info.version)",
            "platform:    \(info.platform)",
            "host:        \(info.host)",
            "pid:         \(info.pid)",
            "directory:   \(info.directory)",
            "executable:  \(info.executable)",
            "round trip:  \(microseconds) us",
        ]
    }

    var json: String {
        let report: Value = [
            "gateway": .string(gateway), "language": .string(info.language), "version": .string(info.version),
            "platform": .string(info.platform), "host": .string(info.host), "pid": .int(Int64(info.pid)),
            "directory": .string(info.directory), "executable": .string(info.executable),
            "roundTripMicroseconds": .double(microseconds),
        ]
        return report.json
    }
}
