//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// The file of a unix socket: for its owner only, and removed at the end if it is still the one that was made.
struct SocketFile: Sendable {
    private let path: String
    private let device: dev_t
    private let inode: ino_t

    static func listen(at path: String, owner: User?) throws(SocketServerError) -> Listener {
        try removeStale(path)
        let descriptor: Descriptor
        do {
            descriptor = try Descriptor.listening(at: SystemAddress(unix: path)) { () throws(SystemError) in
                // Nobody can connect before it listens, so there is no moment at which others could.
                guard chmod(path, 0o600) == 0 else { throw SystemError("change the mode of the socket") }
                if let owner, chown(path, owner.uid, owner.gid) != 0 {
                    throw SystemError("change the owner of the socket")
                }
            }
        } catch {
            throw SocketServerError("Cannot listen on unix:\(path): \(error.reason).")
        }
        var information = stat()
        _ = lstat(path, &information)
        let file = SocketFile(path: path, device: information.st_dev, inode: information.st_ino)
        return try Listener(descriptor, file: file)
    }

    func remove() {
        var information = stat()
        guard lstat(path, &information) == 0, information.st_dev == device, information.st_ino == inode else { return }
        unlink(path)
    }

    /// Removes a socket on which nobody answers; anything else at that path is an error.
    private static func removeStale(_ path: String) throws(SocketServerError) {
        var information = stat()
        guard lstat(path, &information) == 0 else { return }
        guard information.st_mode & S_IFMT == S_IFSOCK else {
            throw SocketServerError("Cannot listen on unix:\(path): there is a file of that name that is no socket.")
        }
        let answer: Int32
        do {
            let descriptor = try Descriptor.socket(family: AF_UNIX)
            try descriptor.makeNonBlocking()
            answer = SystemAddress(unix: path).withPointer { connect(descriptor.value, $0, $1) == 0 ? 0 : errno }
        } catch {
            throw SocketServerError("Cannot listen on unix:\(path): \(error)")
        }
        guard answer == ECONNREFUSED else {
            throw SocketServerError("Cannot listen on unix:\(path): another server does already.")
        }
        unlink(path)
    }
}
