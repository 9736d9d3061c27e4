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

    /// How many are kept for what runs already and for what is below it: libdispatch ends a process in which it cannot open a file.
    private static let reserve: UInt32 = 16

    /// Throws as if there were none left while there are few.
    ///
    /// - Parameter descriptor: any that is open.
    package static func expectRoom(beside descriptor: Descriptor) throws(SystemError) {
        guard execnet_has_descriptors(descriptor.value, reserve) == 0 else { throw SystemError("open a descriptor") }
    }
}
