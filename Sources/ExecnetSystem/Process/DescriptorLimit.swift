//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem

/// How many descriptors this process may have.
package enum DescriptorLimit {
    /// Makes it as many as the system allows. Processes that are started from now on have the limit that was there before:
    /// some cannot bear a high one.
    package static func raise() { execnet_raise_descriptor_limit() }
}
