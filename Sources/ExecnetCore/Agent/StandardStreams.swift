//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
import ExecnetSystem

/// Moves the link away from the standard descriptors, before any program runs.
enum StandardStreams {
    /// The link's descriptors, private from now on. Standard input is null then, and standard output goes to standard error.
    static func takeOver() throws(SystemError) -> (input: Descriptor, output: Descriptor) {
        let input = Descriptor(owning: fcntl(0, F_DUPFD_CLOEXEC, 3))
        guard input.value >= 0 else { throw SystemError("take over standard input") }
        let output = areSame(0, 1) ? input : Descriptor(owning: fcntl(1, F_DUPFD_CLOEXEC, 3))
        guard output.value >= 0 else { throw SystemError("take over standard output") }
        let null = try nullDevice()
        guard dup2(null.value, 0) >= 0 else { throw SystemError("redirect standard input") }
        guard dup2(2, 1) >= 0 || dup2(null.value, 1) >= 0 else { throw SystemError("redirect standard output") }
        execnet_buffer_output_by_line()
        return (input, output)
    }

    /// What is always at its end. A bare machine may not have the device: then a pipe that nobody writes to.
    private static func nullDevice() throws(SystemError) -> Descriptor {
        let device = Descriptor(owning: open("/dev/null", O_RDWR | O_CLOEXEC))
        return device.value >= 0 ? device : try DescriptorPair.pipe().first
    }

    /// Writes a line to standard error, whole.
    static func printError(_ line: String) {
        var text = line + "\n"
        text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
    }

    /// Whether two descriptors are one and the same socket.
    private static func areSame(_ first: Int32, _ second: Int32) -> Bool {
        var left = stat()
        var right = stat()
        guard fstat(first, &left) == 0, fstat(second, &right) == 0 else { return false }
        return left.st_mode & S_IFMT == S_IFSOCK && left.st_dev == right.st_dev && left.st_ino == right.st_ino
    }
}
