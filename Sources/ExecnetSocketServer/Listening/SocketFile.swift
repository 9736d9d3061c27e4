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
                // Not through a link that somebody else may have put there meanwhile.
                if let owner, lchown(path, owner.uid, owner.gid) != 0 {
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

    /// Removes it, if this user may: one that root made in a folder of its own stays, and is replaced by the next server.
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
        switch answer {
        case ECONNREFUSED: unlink(path)
        // With EAGAIN it has as many connections waiting as it takes.
        case 0, EAGAIN: throw SocketServerError("Cannot listen on unix:\(path): another server does already.")
        default:
            throw SocketServerError(
                """
                Cannot listen on unix:\(path): there is a socket, and it cannot be told whether a server listens on it: \
                \(String(cString: strerror(answer))).
                """
            )
        }
    }
}
