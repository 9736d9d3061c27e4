//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What happens to the files of a folder, as the system has recorded it: nothing is missed between two looks.
struct FolderEvents: ~Copyable {
    /// Names that came into being, and those that were opened for writing and closed: in the end, all that was written in place.
    struct Record {
        var created: Set<String> = []
        var written: Set<String> = []
        var movedHere: Set<String> = []
        /// The system gave up recording: nothing can be said then.
        var isIncomplete = false
    }

    private let descriptor: Int32

    init(of folder: String) throws {
        descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        let events = UInt32(IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO)
        guard descriptor >= 0, inotify_add_watch(descriptor, folder, events) >= 0 else {
            throw SystemError("inotify")
        }
    }

    deinit { close(descriptor) }

    /// All since the last call.
    func take() -> Record {
        var record = Record()
        let header = MemoryLayout<inotify_event>.size
        withUnsafeTemporaryAllocation(byteCount: 64 * 1_024, alignment: 8) { buffer in
            while case let count = read(descriptor, buffer.baseAddress, buffer.count), count > 0 {
                var position = 0
                while position < count {
                    let event = buffer.loadUnaligned(fromByteOffset: position, as: inotify_event.self)
                    let bytes = buffer[(position + header)..<(position + header + Int(event.len))]
                    let name = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                    record.add(name, Int32(bitPattern: event.mask))
                    position += header + Int(event.len)
                }
            }
        }
        return record
    }
}

extension FolderEvents.Record {
    fileprivate mutating func add(_ name: String, _ mask: Int32) {
        if mask & IN_Q_OVERFLOW != 0 { isIncomplete = true }
        if mask & IN_CREATE != 0 { created.insert(name) }
        if mask & IN_CLOSE_WRITE != 0 { written.insert(name) }
        if mask & IN_MOVED_TO != 0 { movedHere.insert(name) }
    }
}
