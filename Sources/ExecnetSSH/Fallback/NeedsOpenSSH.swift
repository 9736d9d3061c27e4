//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore

/// Why libssh2 does not do, but the OpenSSH client may.
struct NeedsOpenSSH: Error {
    /// What follows "because".
    var reason: String
    /// What is to be said if the client is not to be had.
    var code: GatewayError.Code
    /// The only kinds of keys that the client is to offer to a host, as that has refused others; nil for all.
    var restriction: (host: String, keyAlgorithms: [String])?
}
