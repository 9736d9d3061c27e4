//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// Reads files that somebody else may have made, up to a limit.
enum FileContent {
    /// The bytes of a file, or nil if there is none. Never waits for what is no file.
    static func read(_ path: String, limit: Int) throws(SystemError) -> [UInt8]? {
        let file = Descriptor(owning: open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY))
        guard file.value >= 0 else {
            guard errno == ENOENT else { throw SystemError("open it") }
            return nil
        }
        _ = try kind(of: file)
        return try read(file, limit: limit)
    }

    /// What is between here and the end.
    static func read(_ file: Descriptor, limit: Int) throws(SystemError) -> [UInt8] {
        var content: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            switch piece.withUnsafeMutableBytes({ file.read(into: $0) }) {
            case .bytes(let count): content += piece[..<count]
            case .ended(0): return content
            case .ended(let number): throw SystemError("read it", number: number)
            case .wouldBlock: throw SystemError("read it", number: EAGAIN)
            }
            guard content.count <= limit else { throw SystemError("read more than \(limit) bytes", number: EFBIG) }
        }
    }

    enum Kind {
        case regular
        /// As /dev/null, the way not to keep known hosts.
        case device
    }

    /// What a descriptor leads to; anything else is an error.
    static func kind(of file: Descriptor) throws(SystemError) -> Kind {
        var information = stat()
        guard fstat(file.value, &information) == 0 else { throw SystemError("look at it") }
        switch information.st_mode & S_IFMT {
        case S_IFREG: return .regular
        case S_IFCHR: return .device
        case S_IFDIR: throw SystemError("use it as a file", number: EISDIR)
        default: throw SystemError("use it as a file", number: EINVAL)
        }
    }
}
