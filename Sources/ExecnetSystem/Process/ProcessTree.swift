//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Finds what a process started, as the kernel's tables show it (Linux; elsewhere nothing is found).
package enum ProcessTree {
    /// Whether anything can be found. Bare machines may be without /proc.
    package static let isVisible = access("/proc/self/stat", R_OK) == 0

    /// Children of `root`, their children and so on, and whatever else carries `mark` (a NAME=value) in the environment that it was
    /// started with: that also finds processes which left the group and lost their parents on purpose.
    package static func descendants(of root: Int32, marked mark: String? = nil) -> [Int32] {
        let rootStart = status(of: root)?.startTime ?? 0
        var children: [Int32: [Int32]] = [:]
        var found: Set<Int32> = []
        for pid in allProcesses() {
            // What is older than the root was not started by it.
            guard pid != root, let status = status(of: pid), status.startTime >= rootStart else { continue }
            children[status.parent, default: []].append(pid)
            if let mark, environment(of: pid, contains: mark) { found.insert(pid) }
        }
        var pending = [root] + found
        while let next = pending.popLast() {
            for child in children[next] ?? [] where found.insert(child).inserted { pending.append(child) }
        }
        return Array(found)
    }

    /// Kills them all. They are stopped first: what one of them starts before it is stopped is found in the next round.
    package static func killDescendants(of root: Int32, marked mark: String?) {
        var found: Set<Int32> = []
        for _ in 0..<mostRounds {
            let new = Set(descendants(of: root, marked: mark)).subtracting(found)
            if new.isEmpty { break }
            for pid in new { kill(pid, SIGSTOP) }
            found.formUnion(new)
        }
        for pid in found { kill(pid, SIGKILL) }
    }

    /// Only what multiplies faster than it is looked for needs so many.
    private static let mostRounds = 100

    private static func allProcesses() -> [Int32] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var pids: [Int32] = []
        while let entry = readdir(directory) {
            let pid = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { atoi($0) }
            }
            if pid > 0 { pids.append(pid) }
        }
        return pids
    }

    private struct Status {
        /// Field 4.
        var parent: Int32
        /// Field 22 of the line, in ticks since the computer started.
        var startTime: UInt64
    }

    private static func status(of pid: Int32) -> Status? {
        // "pid (name) state parent ...": the name may hold anything, so the fields are counted from its end. See proc(5).
        let file = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2_048) { buffer in
            let stat = buffer.prefix(max(read(file, buffer.baseAddress, buffer.count), 0))
            guard let nameEnd = stat.lastIndex(of: UInt8(ascii: ")")) else { return nil }
            var status = Status(parent: 0, startTime: 0)
            var field = 3
            var number: UInt64 = 0
            for byte in stat.dropFirst(nameEnd - stat.startIndex + 2) {
                guard byte == UInt8(ascii: " ") else {
                    number = number &* 10 &+ UInt64(byte &- UInt8(ascii: "0"))
                    continue
                }
                if field == 4 { status.parent = Int32(truncatingIfNeeded: number) }
                if field == 22 {
                    status.startTime = number
                    return status
                }
                field += 1
                number = 0
            }
            return nil
        }
    }

    private static func environment(of pid: Int32, contains mark: String) -> Bool {
        guard let block = SmallFile.read("/proc/\(pid)/environ") else { return false }
        return block.split(separator: 0).contains { $0.elementsEqual(mark.utf8) }
    }
}
