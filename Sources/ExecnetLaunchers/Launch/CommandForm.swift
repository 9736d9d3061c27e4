//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// How a program takes the command that it is to run elsewhere.
public enum CommandForm: String, Sendable, Hashable {
    /// As further arguments, which it passes on one by one, as `docker exec` does.
    case words
    /// As one argument, which a shell over there splits into words, as `ssh` does.
    case line
}
