//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet

// The gateways start this program again, as their agent: there, this line serves and does not return.
await Agent.serveIfLaunched()
await App.run()
