//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet

/// A gateway behind a socket server that was started on another gateway: step by step, and then in one line.
@main
struct ProxyServer: ExecnetProgram {
    static func run() async throws {
        try await StepByStep.run()
        try await InOneLine.run()
    }
}

/// Runs something on a gateway and says what came of it.
func greet(_ gateway: Gateway) async throws {
    let sum = try await gateway.remoteCall([1, 2, 3]) { numbers in numbers.reduce(0, +) }
    print("  the agent of \"\(gateway.id)\" (\(gateway.spec)) adds 1, 2 and 3: \(sum)")
}
