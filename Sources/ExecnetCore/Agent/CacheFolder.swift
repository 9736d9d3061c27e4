//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// A directory and what this user owns in it. Links in it are never followed.
final class CacheFolder {
    enum Kind: Sendable { case file, folder }

    struct Entry: Sendable {
        var name: String
        var kind: Kind
        /// In seconds, by the clock of the file system.
        var modified: Int
    }

    /// More entries than any cache has.
    private static let maximumEntries = 10_000

    private let descriptor: Descriptor

    /// Nil if the path does not lead to a directory of this user, which nobody else may write to.
    init?(path: String) {
        descriptor = Descriptor(owning: openFolder(path, in: AT_FDCWD))
        var information = stat()
        guard descriptor.value >= 0, fstat(descriptor.value, &information) == 0 else { return nil }
        guard information.st_uid == geteuid(), information.st_mode & 0o022 == 0 else { return nil }
    }

    /// All entries that are this user's files and folders; nil if there are too many to be a cache.
    func entries() -> [Entry]? {
        CacheFolder.names(in: descriptor)?.compactMap(entry)
    }

    /// Nil if there is none of this name, or it is not this user's.
    func entry(_ name: String) -> Entry? {
        var information = stat()
        guard fstatat(descriptor.value, name, &information, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        guard information.st_uid == geteuid() else { return nil }
        #if canImport(Darwin)
            let modified = information.st_mtimespec.tv_sec
        #else
            let modified = information.st_mtim.tv_sec
        #endif
        switch information.st_mode & S_IFMT {
        case S_IFREG: return Entry(name: name, kind: .file, modified: modified)
        case S_IFDIR: return Entry(name: name, kind: .folder, modified: modified)
        default: return nil
        }
    }

    /// Sets its time to now. False if that fails.
    func touch(_ entry: Entry) -> Bool { utimensat(descriptor.value, entry.name, nil, AT_SYMLINK_NOFOLLOW) == 0 }

    func remove(_ entry: Entry) { unlinkat(descriptor.value, entry.name, 0) }

    /// The names of the files beside a folder that its links lead to. Nil if there is anything in it but such links: then it is not ours.
    func links(of entry: Entry) -> Set<String>? {
        let folder = Descriptor(owning: openFolder(entry.name, in: descriptor.value))
        guard folder.value >= 0, let names = CacheFolder.names(in: folder) else { return nil }
        var files: Set<String> = []
        for name in names {
            var bytes = [CChar](repeating: 0, count: 64)
            let count = readlinkat(folder.value, name, &bytes, bytes.count)
            guard count > 0 else { return nil }
            let target = String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
            guard target.hasPrefix("../"), CacheName.isHash(String(target.dropFirst(3))) else { return nil }
            files.insert(String(target.dropFirst(3)))
        }
        return files
    }

    /// Deletes a folder of links. It gets another name first, so that nobody finds it with half of its links. True if it is gone from its name.
    @discardableResult
    func removeFolder(_ entry: Entry) -> Bool {
        let name = CacheName.isTemporary(entry.name) ? entry.name : "\(entry.name).tmp.\(getpid())"
        if name != entry.name, renameat(descriptor.value, entry.name, descriptor.value, name) != 0 { return false }
        let folder = Descriptor(owning: openFolder(name, in: descriptor.value))
        for link in CacheFolder.names(in: folder) ?? [] {
            var byte: CChar = 0
            if readlinkat(folder.value, link, &byte, 1) >= 0 { unlinkat(folder.value, link, 0) }
        }
        unlinkat(descriptor.value, name, AT_REMOVEDIR)
        return true
    }

    private static func names(in folder: Descriptor) -> [String]? {
        // The stream takes the descriptor that it is given, and with it the place that was read to.
        guard let stream = fdopendir(openFolder(".", in: folder.value)) else { return nil }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            guard names.count < maximumEntries else { return nil }
            names.append(name)
        }
        return names
    }
}

private func openFolder(_ name: String, in folder: Int32) -> Int32 {
    openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
}
