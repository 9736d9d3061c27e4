//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// Adds to a text file so that readers see all of the addition or nothing, and writers at the same time lose nothing.
///
/// The file is replaced by a longer one under a lock on the old one. Owner and mode stay, and a symbolic link goes on leading to the
/// same place; a second hard link keeps the old content.
struct AtomicAppend: Sendable {
    enum Outcome: Sendable, Hashable {
        case appended
        /// Nothing had to be added.
        case unchanged
        /// The path leads to a device: there is nothing to be kept.
        case discarded
    }

    /// Where a test can do what another program may do at that moment.
    enum Moment: Sendable, Hashable {
        case hasRead
        case replaces
    }

    /// How long others may hold the lock.
    var patience = Duration.seconds(10)
    var limit = KnownHosts.Limit.file
    var stepIn: @Sendable (Moment) -> Void = { _ in }

    /// Adds what `addition` returns for the file's content; it is asked again if the file changes in between. Blocks.
    ///
    /// A file that does not exist is made with mode 0600, and its folder with mode 0700.
    func callAsFunction(_ path: String, _ addition: ([UInt8]) -> [UInt8]?) throws(SystemError) -> Outcome {
        let deadline = MonotonicTime.now + patience
        while true {
            let file = try AtomicAppend.opened(path)
            defer { file.close() }
            guard case .regular = try FileContent.kind(of: file) else { return .discarded }
            try AtomicAppend.lock(file, until: deadline)
            // A process that is being started may have the descriptor for a moment longer; the lock must not wait for that.
            defer { flock(file.value, LOCK_UN) }
            // Whoever has waited for the lock may hold what has been replaced or removed meanwhile.
            guard let target = AtomicAppend.target(path), AtomicAppend.leads(target, to: file) else {
                try AtomicAppend.mayRetry(until: deadline)
                continue
            }
            let content = try FileContent.read(file, limit: limit)
            guard let bytes = addition(content) else { return .unchanged }
            stepIn(.hasRead)
            let new = AtomicAppend.joined(content, bytes)
            guard new.count <= limit else { throw SystemError("make it larger", number: EFBIG) }
            guard try replace(target, file, content, with: new) else {
                try AtomicAppend.mayRetry(until: deadline)
                continue
            }
            // OpenSSH appends without a lock: what it has added to the old file goes into the new one.
            let late = try FileContent.read(file, limit: limit)
            if !late.isEmpty { _ = try AtomicAppend(patience: patience, limit: limit)(path) { _ in late } }
            return .appended
        }
    }

    /// False if the file has changed since it was read.
    private func replace(
        _ target: String,
        _ file: Descriptor,
        _ old: [UInt8],
        with content: [UInt8]
    ) throws(SystemError) -> Bool {
        let folder = AtomicAppend.folder(of: target)
        let temporary = "\(folder)/.known_hosts.\(getpid()).\(String(UInt64.random(in: 0 ... .max), radix: 16))"
        var isDone = false
        defer { if !isDone { unlink(temporary) } }
        try AtomicAppend.write(content, to: temporary, as: file)
        guard AtomicAppend.leads(target, to: file), AtomicAppend.size(of: file) == old.count else { return false }
        stepIn(.replaces)
        guard rename(temporary, target) == 0 else { throw SystemError("replace it") }
        isDone = true
        // Without this a crash could bring the old file back, which is no harm.
        let directory = Descriptor(owning: open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        if directory.value >= 0 { fsync(directory.value) }
        return true
    }

    /// Not through a copy of the name: a link that leads nowhere yet gets the file it leads to.
    private static func opened(_ path: String) throws(SystemError) -> Descriptor {
        // Being allowed to write to the file counts, not only to its folder.
        let flags = O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        let file = Descriptor(owning: open(path, flags))
        if file.value >= 0 { return file }
        guard errno == ENOENT else { throw SystemError("open it") }
        let folder = AtomicAppend.folder(of: path)
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw SystemError("make the folder \"\(folder)\"") }
        let new = Descriptor(owning: open(path, flags | O_CREAT, 0o600))
        guard new.value >= 0 else { throw SystemError("make it") }
        return new
    }

    private static func lock(_ file: Descriptor, until deadline: MonotonicTime) throws(SystemError) {
        while flock(file.value, LOCK_EX | LOCK_NB) != 0 {
            switch errno {
            case EINTR: continue
            case EWOULDBLOCK:
                guard MonotonicTime.now < deadline else { throw SystemError("lock it", number: EBUSY) }
                // Waiting in the system would have no limit, and a stopped process keeps its lock.
                usleep(2_000)
            // A file system without locks: that the file must not have changed has to do.
            case ENOLCK, ENOSYS, EOPNOTSUPP, EINVAL: return
            default: throw SystemError("lock it")
            }
        }
    }

    private static func write(
        _ content: [UInt8],
        to path: String,
        as original: Descriptor
    ) throws(SystemError) {
        var information = stat()
        guard fstat(original.value, &information) == 0 else { throw SystemError("look at it") }
        let file = Descriptor(owning: open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600))
        guard file.value >= 0 else { throw SystemError("write in its folder") }
        var written = 0
        while written < content.count {
            let transfer = content.withUnsafeBytes { file.write(UnsafeRawBufferPointer(rebasing: $0[written...])) }
            switch transfer {
            case .bytes(let count): written += count
            case .ended(let number): throw SystemError("write it", number: number)
            case .wouldBlock: throw SystemError("write it", number: EAGAIN)
            }
        }
        guard fchown(file.value, information.st_uid, information.st_gid) == 0 else {
            throw SystemError("keep its owner")
        }
        guard fchmod(file.value, information.st_mode & 0o7777) == 0 else { throw SystemError("keep its mode") }
        guard fsync(file.value) == 0 else { throw SystemError("write it") }
    }

    /// A last line without its newline must not run into the addition.
    private static func joined(_ content: [UInt8], _ addition: [UInt8]) -> [UInt8] {
        let newline = UInt8(ascii: "\n")
        return content + (content.last ?? newline == newline ? [] : [newline]) + addition
    }

    private static func mayRetry(until deadline: MonotonicTime) throws(SystemError) {
        guard MonotonicTime.now < deadline else { throw SystemError("find it unchanged", number: EBUSY) }
    }

    private static func target(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func leads(_ path: String, to file: Descriptor) -> Bool {
        var named = stat()
        var held = stat()
        guard lstat(path, &named) == 0, fstat(file.value, &held) == 0 else { return false }
        return named.st_dev == held.st_dev && named.st_ino == held.st_ino
    }

    private static func size(of file: Descriptor) -> Int? {
        var information = stat()
        return fstat(file.value, &information) == 0 ? Int(information.st_size) : nil
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
