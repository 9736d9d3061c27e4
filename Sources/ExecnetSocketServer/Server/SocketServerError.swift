//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Why a server cannot be started as it was told to.
package struct SocketServerError: Error, Hashable, CustomStringConvertible {
    package var description: String
    /// The system's number of the error, if it is one of the system's.
    var number: Int32?

    init(_ description: String, number: Int32? = nil) {
        self.description = description
        self.number = number
    }
}
