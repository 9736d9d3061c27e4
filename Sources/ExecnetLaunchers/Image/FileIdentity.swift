//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// Which content of a file was meant: a file that was replaced or written to since has another one.
struct FileIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
    let size: Int
    let seconds: Int
    let nanoseconds: Int

    init(path: String) throws(SystemError) {
        var information = stat()
        guard stat(path, &information) == 0 else { throw SystemError("find \"\(path)\"") }
        try self.init(information)
    }

    init(of file: Descriptor) throws(SystemError) {
        var information = stat()
        guard fstat(file.value, &information) == 0 else { throw SystemError("look at a file") }
        try self.init(information)
    }

    private init(_ information: stat) throws(SystemError) {
        let kind = information.st_mode & S_IFMT
        guard kind == S_IFREG else { throw SystemError("use as a file", number: kind == S_IFDIR ? EISDIR : EINVAL) }
        device = UInt64(information.st_dev)
        inode = UInt64(information.st_ino)
        size = Int(information.st_size)
        #if canImport(Darwin)
            let time = information.st_mtimespec
        #else
            let time = information.st_mtim
        #endif
        seconds = time.tv_sec
        nanoseconds = time.tv_nsec
    }
}
