//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// A private key as a file or the caller has it, still encrypted if it is.
struct KeyFile: Sendable {
    /// No key of a kind in use comes near it.
    static let limit = 64 * 1_024

    /// The path, or what the caller calls it.
    let name: String
    private(set) var text: KeyText
    /// The text itself; nil if only the public part is there, and the private one is in an agent, perhaps.
    let content: SecretBytes?
    /// A certificate beside it, in the place where OpenSSH looks.
    private(set) var hasCertificate = false

    /// A key in memory.
    init(name: String, content: SecretBytes) throws(KeyError) {
        let text = try content.withUnsafeBytes { bytes throws(KeyError) in try KeyText(bytes) }
        self.name = name
        self.text = text
        self.content = text.format == .publicLine ? nil : content
    }

    private init(name: String, publicPart: KeyText) {
        self.name = name
        text = publicPart
        content = nil
    }

    /// Reads the file of a private key, and of the public one where only that tells what is needed. Nil if there is none. Waits for the disk.
    static func read(_ path: String) throws(KeyError) -> KeyFile? {
        guard let content = try secret(path) else {
            return try publicPart(path + ".pub").map { KeyFile(name: path, publicPart: $0) }
        }
        var file = try KeyFile(name: path, content: content)
        if file.text.publicKey == nil, let beside = try? publicPart(path + ".pub") {
            file.text.publicKey = beside.publicKey
            file.text.kind = beside.kind
        }
        file.hasCertificate = access(path + "-cert.pub", F_OK) == 0
        return file
    }

    private static func publicPart(_ path: String) throws(KeyError) -> KeyText? {
        do {
            guard let bytes = try FileContent.read(path, limit: limit) else { return nil }
            let text = try bytes.withUnsafeBytes { bytes throws(KeyError) in try KeyText(bytes) }
            return text.format == .publicLine ? text : nil
        } catch let error as SystemError {
            throw .unreadable(error)
        } catch let error as KeyError {
            throw error
        } catch {
            throw .noKey("it cannot be read")
        }
    }

    /// What a file holds; nil if there is none.
    private static func secret(_ path: String) throws(KeyError) -> SecretBytes? {
        let file = Descriptor(owning: open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY))
        guard file.value >= 0 else {
            guard errno == ENOENT else { throw .unreadable(SystemError("open it")) }
            return nil
        }
        var information = stat()
        guard fstat(file.value, &information) == 0 else { throw .unreadable(SystemError("look at it")) }
        guard information.st_mode & S_IFMT == S_IFREG else {
            throw .unreadable(SystemError("use it as a file", number: EINVAL))
        }
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: limit + 1, alignment: 1)
        defer {
            SecretBytes.wipe(room)
            room.deallocate()
        }
        let secret = SecretBytes(UnsafeRawBufferPointer(rebasing: room[..<(try read(file, room))]))
        // A .pub file may be read by all. Of others' files OpenSSH does not ask either: who may read them is not for the user to say.
        let isPublic = try? secret.withUnsafeBytes { bytes throws(KeyError) in try KeyText(bytes).format == .publicLine
        }
        guard isPublic == true || information.st_uid != getuid() || information.st_mode & 0o077 == 0 else {
            throw .exposed(mode: UInt32(information.st_mode & 0o777))
        }
        return secret
    }

    /// Reads to the end, and says how much there was.
    private static func read(_ file: Descriptor, _ room: UnsafeMutableRawBufferPointer) throws(KeyError) -> Int {
        var count = 0
        while true {
            switch file.read(into: UnsafeMutableRawBufferPointer(rebasing: room[count...])) {
            case .bytes(let more): count += more
            case .ended(0): return count
            case .ended(let number): throw .unreadable(SystemError("read it", number: number))
            case .wouldBlock: throw .unreadable(SystemError("read it", number: EAGAIN))
            }
            guard count <= limit else { throw .tooLarge(limit: limit) }
        }
    }
}
