//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore

await Agent.serveIfLaunched()
print("This is the agent of Execnet for Swift. Gateways start it; it does nothing by itself.")
