//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CZlib
import Crypto
package import ExecnetCore
import ExecnetSystem
import Synchronization

/// A file that is sent to places which do not have it: what it is called there, and its bytes.
package final class ImageFile: Sendable {
    package let path: String
    package let size: Int
    /// The first 32 hexadecimal digits of its SHA-256: its name in caches.
    package let hash: String
    /// Its CRC-32, as zlib computes it.
    package let checksum: UInt32
    private let identity: FileIdentity
    private let compression = Once<ImageContent>()
    private let compressions = Atomic(0)

    /// The file at this path as it is now. Reads it, but only the first time. Blocks.
    package static func load(_ path: String) throws(GatewayError) -> ImageFile {
        let identity: FileIdentity
        do throws(SystemError) { identity = try FileIdentity(path: path) } catch { throw unreadable(path, error) }
        return try table.entry(Key(path: path, identity: identity)).file()
    }

    fileprivate init(path: String, identity: FileIdentity) throws(GatewayError) {
        self.path = path
        self.identity = identity
        size = identity.size
        let file = try ImageFile.open(path, identity)
        var sha = SHA256()
        var crc = crc32(0, nil, 0)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
        defer { buffer.deallocate() }
        var taken = 0
        while case .bytes(let count) = file.read(into: buffer) {
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            sha.update(bufferPointer: bytes)
            crc = crc32_z(crc, bytes.bindMemory(to: UInt8.self).baseAddress, count)
            taken += count
        }
        guard taken == size, (try? FileIdentity(of: file)) == identity else { throw ImageFile.changed(path) }
        hash = ImageFile.name(of: sha.finalize())
        checksum = UInt32(truncatingIfNeeded: crc)
    }

    /// What the self-test of an agent is told to expect of this file: its size and its checksum.
    package var selfTest: String {
        let digits = String(checksum, radix: 16)
        return "\(size) \(String(repeating: "0", count: 8 - digits.count))\(digits)"
    }

    /// Whether the path still leads to these bytes.
    package var isCurrent: Bool { (try? FileIdentity(path: path)) == identity }

    /// The file's bytes as they are.
    package func content() throws(GatewayError) -> ImageContent {
        ImageContent(try ImageFile.open(path, identity), path: path, size: size)
    }

    /// The file's bytes compressed for `gzip -dc`. They are compressed once, and kept.
    package func compressedContent() async throws -> ImageContent {
        try await compression.value { Result { () throws(GatewayError) in try self.compress() } }
    }

    /// How often that was done, for tests.
    package var compressionCount: Int { compressions.load(ordering: .relaxed) }

    private func compress() throws(GatewayError) -> ImageContent {
        compressions.add(1, ordering: .relaxed)
        let file = try ImageFile.open(path, identity)
        var crc = crc32(0, nil, 0)
        let gzip = Gzip.compress { buffer in
            guard case .bytes(let count) = file.read(into: buffer) else { return 0 }
            crc = crc32_z(crc, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), count)
            return count
        }
        guard let gzip else {
            throw GatewayError(.noAgentImage, "There is not enough memory to compress the agent's file \"\(path)\".")
        }
        guard UInt32(truncatingIfNeeded: crc) == checksum else { throw ImageFile.changed(path) }
        return ImageContent(gzip)
    }

    // MARK: names

    /// The name of what has this digest.
    static func name(of digest: SHA256.Digest) -> String {
        digest.prefix(16).map { $0 < 16 ? "0\(String($0, radix: 16))" : String($0, radix: 16) }.joined()
    }

    /// The name of what is described by this text.
    static func name(ofText text: String) -> String { name(of: SHA256.hash(data: Array(text.utf8))) }

    // MARK: opening

    private static func open(_ path: String, _ identity: FileIdentity) throws(GatewayError) -> Descriptor {
        let file = Descriptor(owning: systemOpen(path))
        guard file.value >= 0 else { throw unreadable(path, SystemError("open \"\(path)\"")) }
        guard (try? FileIdentity(of: file)) == identity else { throw changed(path) }
        return file
    }

    static func changed(_ path: String) -> GatewayError {
        GatewayError(.noAgentImage, "The agent's file \"\(path)\" has changed meanwhile. Open the gateway again.")
    }

    static func unreadable(_ path: String, _ cause: SystemError) -> GatewayError {
        GatewayError(.noAgentImage, "The agent's file \"\(path)\" cannot be read: \(cause.reason).")
    }
}

private func systemOpen(_ path: String) -> Int32 { open(path, O_RDONLY | O_CLOEXEC) }

// MARK: the table of all files

/// The path belongs to it: the running executable has one that stays good when the file is replaced, and others that do not.
private struct Key: Hashable, Sendable {
    var path: String
    var identity: FileIdentity
}

private let table = FileTable()

private final class FileTable: Sendable {
    /// A file that is read by the first who needs it, while others wait.
    final class Entry: Sendable {
        private let key: Key
        private let known = Mutex<ImageFile?>(nil)

        init(_ key: Key) { self.key = key }

        func file() throws(GatewayError) -> ImageFile {
            try known.withLock { known throws(GatewayError) in
                if let known { return known }
                let file = try ImageFile(path: key.path, identity: key.identity)
                known = file
                return file
            }
        }
    }

    /// Enough for several images and their libraries; more only come together when files are replaced again and again.
    private static let limit = 512

    private let entries = Mutex<[Key: Entry]>([:])

    func entry(_ key: Key) -> Entry {
        entries.withLock { entries in
            if let entry = entries[key] { return entry }
            if entries.count >= FileTable.limit { entries = [:] }
            let entry = Entry(key)
            entries[key] = entry
            return entry
        }
    }
}
