//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

/// Gateways that are opened for others to go through.
@Suite(.timeLimit(.minutes(3)), .leavesNothingBehind) struct ViaTests {
    @Test func gatewaysAreOpenedInOrder() async throws {
        let result = try await CommandRun.result(
            of: "exec",
            "--via",
            "popen//id=a//env:FIRST=1",
            "--via",
            "popen//via=a//id=b//env:SECOND=2",
            "popen//via=b",
            "--shell",
            "echo $FIRST $SECOND"
        )
        #expect(result.output == "1 2\n", "\(result.errors)")
        #expect(result.errors == "")
        #expect(result.status == .exited(0))
    }

    @Test func aGatewayToGoThroughNeedsAName() async throws {
        let result = try await CommandRun.result(of: "info", "--via", "popen", "popen//via=a")
        #expect(
            result.errors.hasPrefix("Error: A gateway of --via needs a name, as in popen//id=NAME"),
            "\(result.errors)"
        )
        #expect(result.output == "")
        #expect(result.status == .exited(64))
    }

    @Test func oneThatIsNotOpenIsNamed() async throws {
        let result = try await CommandRun.result(of: "info", "popen//via=nobody")
        #expect(result.errors.contains(#"no open gateway "nobody""#), "\(result.errors)")
        #expect(result.output == "")
        #expect(result.status == .exited(1))
    }
}
