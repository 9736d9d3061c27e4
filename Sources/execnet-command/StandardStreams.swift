//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Why a standard stream could not be used.
struct StreamError: Error, CustomStringConvertible {
    var description: String

    fileprivate init(_ description: String) { self.description = description }

    fileprivate static func failed(_ what: String) -> StreamError {
        StreamError("\(what): \(String(cString: strerror(errno)))")
    }
}

/// The program's lines, written at once: whoever reads them sees an item when it arrives.
enum StandardOutput {
    /// Writes a line, whole.
    static func print(_ line: String) throws(StreamError) {
        let bytes = Array(line.utf8) + [UInt8(ascii: "\n")]
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                throw StreamError.failed("Standard output cannot be written to")
            }
        }
    }
}

/// What `-` stands for.
enum StandardInput {
    /// All of it, which has to be text.
    static func readText() throws(StreamError) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count > 0 {
                bytes.append(contentsOf: buffer[..<count])
            } else if count == 0 {
                break
            } else if errno != EINTR {
                throw StreamError.failed("Standard input cannot be read")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw StreamError("The program on standard input is not UTF-8.")
        }
        return text
    }
}
