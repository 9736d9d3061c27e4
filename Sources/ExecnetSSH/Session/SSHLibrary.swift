//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSSH

/// libssh2, which is looked for when it is first needed: who opens no gateway over ssh needs none.
package enum SSHLibrary {
    /// Why it cannot be used; nil if it can.
    package static let obstacle: String? = {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { reason in
            guard let start = reason.baseAddress, !execnet_ssh_load(nil, start, reason.count) else { return nil }
            return String(cString: start)
        }
    }()

    /// Such as "1.10.0"; nil where it cannot be used.
    package static var version: String? { obstacle == nil ? String(cString: execnet_ssh_version()) : nil }
}
