//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore

/// Called before the test runner's own main, so that this bundle can be its own agent, and a coordinator that tests may kill.
@_cdecl("execnet_serve_tests_as_agent")
public func serveTestsAsAgent() {
    Agent.serveBlockingIfLaunched()
    TestCoordinator.runIfLaunched()
}
