//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

@testable import ExecnetSSH

/// Looks for secrets in all memory that this process can write to. It keeps them in disguise itself.
struct MemorySearch {
    private static let disguise: UInt8 = 0xa5
    private static let piece = 1 << 20

    private var needles: [[UInt8]] = []

    /// Memory that is given back loses its first bytes by that, so they are not looked for.
    private static let lostBytes = 32

    /// Reads the first line of a file, so that this process has seen it nowhere else.
    mutating func add(_ path: String) throws {
        let secret = try SecretBytes(line: path)
        needles.append(
            secret.withUnsafeBytes { $0.dropFirst(MemorySearch.lostBytes).map { $0 ^ MemorySearch.disguise } }
        )
    }

    /// How often any of them is there.
    func count() -> Int {
        var count = 0
        let memory = Descriptor(owning: open("/proc/self/mem", O_RDONLY | O_CLOEXEC))
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: MemorySearch.piece, alignment: 4_096)
        defer { room.deallocate() }
        let own = UInt(bitPattern: room.baseAddress)..<UInt(bitPattern: room.baseAddress) + UInt(room.count)
        let longest = needles.map(\.count).max() ?? 1
        for range in MemorySearch.writable() {
            var start = range.lowerBound
            while start < range.upperBound {
                let size = min(room.count, Int(range.upperBound - start))
                let read = pread(memory.value, room.baseAddress, size, Int(start))
                guard read > 0 else { break }
                count += occurrences(in: UnsafeRawBufferPointer(rebasing: room[..<read])) {
                    !own.contains(start + UInt($0))
                }
                start += UInt(max(read - longest, 1))
                if read < size || start + UInt(longest) >= range.upperBound { break }
            }
            SecretBytes.wipe(room)
        }
        return count
    }

    private func occurrences(in bytes: UnsafeRawBufferPointer, where counts: (_ place: Int) -> Bool) -> Int {
        var count = 0
        for needle in needles where !needle.isEmpty {
            var place = 0
            let first = Int32(needle[0] ^ MemorySearch.disguise)
            while place + needle.count <= bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + place, first, bytes.count - needle.count - place + 1)
            {
                place = found - UnsafeMutableRawPointer(mutating: base)
                let isWhole = (0..<needle.count).allSatisfy { bytes[place + $0] ^ MemorySearch.disguise == needle[$0] }
                if isWhole, counts(place) { count += 1 }
                place += 1
            }
        }
        return count
    }

    private static func writable() -> [Range<UInt>] {
        let lines = String(decoding: SmallFile.read("/proc/self/maps") ?? [], as: UTF8.self).split(separator: "\n")
        return lines.compactMap { line in
            let words = line.split(separator: " ")
            guard words.count > 1, words[1].hasPrefix("rw") else { return nil }
            let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            return ends.count == 2 ? ends[0]..<ends[1] : nil
        }
    }
}

extension SecretBytes {
    /// The first line of a small file, without a copy of it anywhere.
    convenience init(line path: String) throws {
        let file = Descriptor(owning: open(path, O_RDONLY | O_CLOEXEC))
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 1)
        defer {
            SecretBytes.wipe(room)
            room.deallocate()
        }
        guard case .bytes(let count) = file.read(into: room) else { throw SystemError("read \(path)") }
        self.init(UnsafeRawBufferPointer(rebasing: room[..<count]).prefix { $0 != 0x0a })
    }
}
