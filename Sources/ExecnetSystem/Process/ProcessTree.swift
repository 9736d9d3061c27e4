//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Finds what a process started, as the kernel's tables show it (Linux; elsewhere nothing is found).
package enum ProcessTree {
    /// Children of `root`, their children and so on, and whatever else carries `mark` (a NAME=value) in the environment that it was
    /// started with: that also finds processes which left the group and lost their parents on purpose.
    package static func descendants(of root: Int32, marked mark: String? = nil) -> [Int32] {
        var children: [Int32: [Int32]] = [:]
        var found: Set<Int32> = []
        for pid in allProcesses() {
            if let parent = parent(of: pid) { children[parent, default: []].append(pid) }
            if let mark, pid != root, environment(of: pid, contains: mark) { found.insert(pid) }
        }
        var pending = [root] + found
        while let next = pending.popLast() {
            for child in children[next] ?? [] where child != root && found.insert(child).inserted {
                pending.append(child)
            }
        }
        return Array(found)
    }

    private static func allProcesses() -> [Int32] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var pids: [Int32] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let pid = Int32(name) { pids.append(pid) }
        }
        return pids
    }

    private static func parent(of pid: Int32) -> Int32? {
        // "pid (name) state parent ...": the name may hold anything, so the fields are counted from its end.
        guard let stat = SmallFile.read("/proc/\(pid)/stat"),
            let nameEnd = stat.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = stat[(nameEnd + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 1 else { return nil }
        return Int32(String(decoding: fields[1], as: UTF8.self))
    }

    private static func environment(of pid: Int32, contains mark: String) -> Bool {
        guard let block = SmallFile.read("/proc/\(pid)/environ") else { return false }
        return block.split(separator: 0).contains { $0.elementsEqual(mark.utf8) }
    }
}
