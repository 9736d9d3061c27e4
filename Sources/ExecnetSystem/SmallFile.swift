//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Reads files of the kernel and other small ones whole.
package enum SmallFile {
    /// The largest file that is read.
    package static let maximumSize = 16 << 20

    /// The file's bytes, or nil if it cannot be read or is larger than the limit.
    package static func read(_ path: String) -> [UInt8]? {
        let descriptor = Descriptor(owning: open(path, O_RDONLY | O_CLOEXEC))
        guard descriptor.value >= 0 else { return nil }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while content.count <= maximumSize {
            switch chunk.withUnsafeMutableBytes({ descriptor.read(into: $0) }) {
            case .bytes(let count): content.append(contentsOf: chunk[..<count])
            case .ended(0): return content
            case .ended, .wouldBlock: return nil
            }
        }
        return nil
    }
}
