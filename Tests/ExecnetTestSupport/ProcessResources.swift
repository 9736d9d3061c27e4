//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// What this process holds at a moment, as the kernel tells it.
package struct ProcessResources {
    /// Threads by number, with their names.
    private var threads: [String: String]
    /// Descriptors by number, with what they lead to.
    private var descriptors: [String: String]
    private var processes: Set<Int32>
    private var files: Set<String>

    package init() {
        threads = Dictionary(
            uniqueKeysWithValues: names(in: "/proc/self/task").map { ($0, firstLine("/proc/self/task/\($0)/comm")) }
        )
        descriptors = Dictionary(
            uniqueKeysWithValues: names(in: "/proc/self/fd").compactMap { number in
                target("/proc/self/fd/\(number)").map { (number, $0) }
            }
        )
        processes = TestRun.processes
        files = Set(names(in: TestRun.temporaryFolder))
    }

    /// What came since `before`, one line each. The parts that live as long as the process does are not counted.
    package func added(since before: ProcessResources) -> [String] {
        var lines: [String] = []
        for (number, name) in threads where before.threads[number] == nil && !ProcessResources.isPooled(name) {
            lines.append("thread \(name)")
        }
        if threads.count > ProcessResources.mostThreads { lines.append("\(threads.count) threads: \(threads.values)") }
        for (number, target) in descriptors where before.descriptors[number] != target {
            if target != ProcessResources.timerDescriptor { lines.append("descriptor \(number), \(target)") }
        }
        for pid in processes.subtracting(before.processes) {
            lines.append("process \(pid), \(firstLine("/proc/\(pid)/comm"))")
        }
        for file in files.subtracting(before.files) { lines.append("file \(file)") }
        return lines
    }

    /// Threads come and go in the pool of Swift's tasks (libdispatch's). They get the name of the thread that started them: the main
    /// thread's, or the poller's, of which there is one as long as the process lives. All other threads of ours have names of their own.
    private static func isPooled(_ name: String) -> Bool { !name.hasPrefix("execnet-") || name == "execnet-links" }

    /// The main thread, the poller's, the pool's and NIO's one or two a processor, and the few that libdispatch adds for timers and blocked ones.
    private static let mostThreads = 2 + 3 * sysconf(Int32(_SC_NPROCESSORS_ONLN)) + 8

    /// libdispatch makes one for each clock when it first needs it; nothing of ours uses any.
    private static let timerDescriptor = "anon_inode:[timerfd]"
}

private func firstLine(_ path: String) -> String {
    String(decoding: SmallFile.read(path)?.prefix { $0 != UInt8(ascii: "\n") } ?? [], as: UTF8.self)
}

private func target(_ path: String) -> String? {
    var bytes = [CChar](repeating: 0, count: 1_024)
    let count = readlink(path, &bytes, bytes.count)
    return count < 0 ? nil : String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
}
