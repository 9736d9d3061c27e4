//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What the code that runs now was started for.
enum RunningProgram {
    /// The channel of the program that the current task belongs to.
    @TaskLocal static var channel: ChannelCore?
}
