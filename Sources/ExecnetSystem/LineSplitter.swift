//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Cuts a stream of bytes into lines, as they come.
package struct LineSplitter: Sendable {
    /// A line that grows past this is cut into several.
    package let maximumLength: Int
    private var partial: [UInt8] = []

    package init(maximumLength: Int = 65_536) { self.maximumLength = maximumLength }

    /// Calls `line` for every line that `bytes` completes, without its newline.
    package mutating func append(_ bytes: UnsafeRawBufferPointer, line: ([UInt8]) -> Void) {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                line(partial)
                partial.removeAll(keepingCapacity: true)
            } else {
                partial.append(byte)
                if partial.count == maximumLength {
                    line(partial)
                    partial.removeAll(keepingCapacity: true)
                }
            }
        }
    }

    /// The unfinished last line, if there is one, at the end of the stream.
    package mutating func finish(line: ([UInt8]) -> Void) {
        guard !partial.isEmpty else { return }
        line(partial)
        partial = []
    }
}
