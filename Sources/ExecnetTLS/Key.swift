//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// The secret that both sides of a connection have.
package struct Key: Sendable, CustomStringConvertible {
    /// Shorter ones could be guessed, and longer ones TLS does not take.
    static let sizes = 16...256

    package let bytes: [UInt8]
    /// Whether others than the file's owner may read it.
    package let isExposed: Bool

    /// A key at hand.
    package init(_ bytes: [UInt8]) throws(SecurityError) {
        guard Key.sizes.contains(bytes.count) else {
            throw SecurityError(
                "A key has \(Key.sizes.lowerBound) to \(Key.sizes.upperBound) bytes; this one has \(bytes.count)."
            )
        }
        self.bytes = bytes
        isExposed = false
    }

    /// A new key for one connection.
    package static func random() -> Key {
        var generator = SystemRandomNumberGenerator()
        return Key(random: (0..<32).map { _ in generator.next() })
    }

    private init(random bytes: [UInt8]) {
        self.bytes = bytes
        isExposed = false
    }

    /// The bytes of a file, without the newline at its end.
    package init(file path: String) throws(SecurityError) {
        let descriptor = Descriptor(owning: open(path, O_RDONLY | O_CLOEXEC))
        var information = stat()
        guard descriptor.value >= 0, fstat(descriptor.value, &information) == 0 else {
            throw SecurityError("Cannot read the key file \"\(path)\": \(String(cString: strerror(errno))).")
        }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: Key.sizes.upperBound + 2)
        while content.count < chunk.count,
            case .bytes(let count) = chunk.withUnsafeMutableBytes({ descriptor.read(into: $0) })
        {
            content += chunk[..<count]
        }
        if content.last == UInt8(ascii: "\n") { content.removeLast() }
        guard Key.sizes.contains(content.count) else {
            throw SecurityError(
                """
                The key file "\(path)" must hold \(Key.sizes.lowerBound) to \(Key.sizes.upperBound) bytes. \
                A good one: head -c 32 /dev/urandom | base64 > FILE
                """
            )
        }
        bytes = content
        isExposed = information.st_mode & 0o077 != 0
    }

    /// Says nothing of it.
    package var description: String { "a key" }
}
