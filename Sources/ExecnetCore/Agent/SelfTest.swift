//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CZlib
import ExecnetSystem

/// How a planted agent is tested before it is used: it is started to check that its own file has arrived whole.
package enum SelfTest {
    /// The file's size and its CRC-32 (zlib), as `1234 0a1b2c3d`.
    package static let variable = "EXECNET_SELFTEST"
    /// The file to check, if it is not the one that the kernel has executed: with a loader that is the loader.
    package static let fileVariable = "EXECNET_SELFTEST_FILE"
    /// The exit status if the file is another one than expected.
    package static let failureStatus: Int32 = 3

    /// In a process started for it, prints `ok` or what is wrong, and ends.
    static func runIfAsked() {
        defer { unsetenv(fileVariable) }
        guard let expected = getenv(variable) else { return }
        let path = getenv(fileVariable).map { String(cString: $0) } ?? ExecutablePath.running
        if let failure = failure(of: path, expected: String(cString: expected)) {
            StandardStreams.printError("execnet: \(failure)")
            _exit(failureStatus)
        }
        _exit(write(1, "ok\n", 3) == 3 ? 0 : failureStatus)
    }

    /// What is wrong with the file; nil if nothing is.
    private static func failure(of path: String, expected: String) -> String? {
        let words = expected.split(separator: " ")
        guard words.count == 2, let size = Int(words[0]), let checksum = UInt(words[1], radix: 16) else {
            return "\(variable) is not of the form SIZE CRC32, but \"\(expected)\"."
        }
        let file = Descriptor(owning: open(path, O_RDONLY | O_CLOEXEC))
        guard file.value >= 0 else { return "\(SystemError("open \"\(path)\""))." }
        var taken = 0
        var crc = crc32(0, nil, 0)
        var bytes = [UInt8](repeating: 0, count: 128 << 10)
        while case .bytes(let count) = bytes.withUnsafeMutableBytes({ file.read(into: $0) }) {
            crc = crc32_z(crc, bytes, count)
            taken += count
        }
        guard taken == size else { return "\"\(path)\" has \(taken) bytes instead of \(size)." }
        guard UInt(crc) == checksum else {
            return "\"\(path)\" has the checksum \(String(crc, radix: 16)) instead of \(String(checksum, radix: 16))."
        }
        return nil
    }
}
