//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

@Suite(.timeLimit(.minutes(1)), .leavesNothingBehind) struct InfoTests {
    @Test func nativeAgent() async throws {
        let result = try await CommandRun.result(of: "info", "popen//id=w1//chdir=/")
        #expect(result.errors == "")
        #expect(result.status == .exited(0))
        let lines = result.output.split(separator: "\n")
        #expect(
            lines.map { String($0.prefix { $0 != ":" }) }
                == ["gateway", "language", "platform", "host", "pid", "directory", "executable", "round trip"]
        )
        #expect(lines.first == "gateway:     w1")
        #expect(lines.contains { $0.hasPrefix("language:    swift ") })
        #expect(lines.contains("directory:   /"))
        #expect(lines.contains("executable:  \(CommandRun.path)"))
        #expect(try lines.last?.wholeMatch(of: Regex("round trip:  [0-9]+\\.[0-9] us")) != nil)
    }

    @Test func pythonAgentAsJSON() async throws {
        let result = try await CommandRun.result(of: "info", "popen//python=python3//id=py//chdir=/", "--json")
        let pattern =
            #"\{"gateway":"py","language":"python","version":"3[0-9.]+","platform":"[^"]+","host":"[^"]*","pid":[0-9]+,"#
            + #""directory":"/","executable":"[^"]+","roundTripMicroseconds":[0-9]+\.[0-9]\}\n"#
        #expect(try result.output.wholeMatch(of: Regex(pattern)) != nil, "\(result.output)")
        #expect(result.errors == "")
        #expect(result.status == .exited(0))
    }
}
