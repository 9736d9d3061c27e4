//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A system call that failed: which one, and why.
public struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was being done, in words: "open a socket pair".
    public var operation: String
    /// The C library's error number.
    public var number: Int32

    package init(_ operation: String, number: Int32 = errno) {
        self.operation = operation
        self.number = number
    }

    /// The C library's words for the error number.
    public var reason: String { String(cString: strerror(number)) }

    public var description: String { "cannot \(operation): \(reason)" }
}
