//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
package import ExecnetSystem

/// A program of the system that a test runs, with what it writes.
package struct TestProgram: Sendable {
    package let process: ChildProcess
    /// Standard output and standard error.
    package let log: ProgramLog
    /// NAME=value, in the environment of all that it starts: finds also what has left it.
    private let mark: String?

    /// It ended otherwise than well.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// - Parameters:
    ///   - variables: come on top of this process's environment, of which the user's agent of SSH is no part.
    ///   - mark: NAME=value that only its own descendants have in their environment.
    package static func start(
        _ executable: String,
        _ arguments: [String],
        variables: [String: String] = [:],
        mark: String? = nil
    ) throws -> TestProgram {
        var plan = ProcessPlan(executable: executable, arguments: [executable] + arguments)
        plan.environment["SSH_AUTH_SOCK"] = nil
        plan.environment.merge(variables) { $1 }
        let pipe = try DescriptorPair.pipe()
        defer { pipe.second.close() }
        let log = try ProgramLog(pipe.first)
        let process = try plan.startForTest(output: pipe.second, errors: pipe.second)
        return TestProgram(process: process, log: log, mark: mark)
    }

    /// Runs a program to its end, and returns what it wrote. Throws unless it ended well.
    @discardableResult
    package static func output(
        of executable: String,
        _ arguments: [String],
        variables: [String: String] = [:]
    ) async throws -> String {
        let program = try start(executable, arguments, variables: variables)
        let status = await program.process.ended()
        await program.log.ended()
        guard status == .exited(0) else { throw Failure(description: "\(executable), \(status): \(program.log.text)") }
        return program.log.text
    }

    /// All that it started and that still exists, at whatever depth.
    package var descendants: Set<Int32> {
        // Once it has been reaped its number may be another's.
        Set(ProcessTree.descendants(of: process.exitStatus == nil ? process.pid : -1, marked: mark))
    }

    /// Stops it and all that it started, until they are continued. They do so in their own time, a moment later.
    @discardableResult
    package func pause() -> Set<Int32> {
        process.signal(SIGSTOP)
        var found: Set<Int32> = []
        // What is stopped starts nothing more, so in the end nothing can be born unseen.
        while case let new = descendants.subtracting(found), !new.isEmpty {
            for pid in new { kill(pid, SIGSTOP) }
            found.formUnion(new)
        }
        return found
    }

    package func resume() {
        for pid in descendants { kill(pid, SIGCONT) }
        process.signal(SIGCONT)
    }

    /// Kills it with all that it started, as if its machine had been switched off, and waits until nothing is left.
    package func end() async throws {
        let found = pause()
        for pid in found { kill(pid, SIGKILL) }
        process.signal(SIGKILL)
        _ = await process.ended()
        // Of what has lost its parent the record may stay for seconds, until the system's first process looks.
        let start = MonotonicTime.now
        while case let left = found.filter({ processState(of: $0) ?? "Z" != "Z" }), !left.isEmpty {
            guard start.until(.now) < .seconds(10) else {
                throw Failure(description: "left behind by \(process.pid): \(left.sorted())")
            }
            await Task.yield()
        }
        log.finish()
    }
}

/// The letter of /proc that tells what a process does, "Z" if it has ended and only its record is left; nil if there is none.
func processState(of pid: Int32) -> Character? {
    // "pid (name) state ...", and the name may hold anything. See proc(5).
    guard let line = SmallFile.read("/proc/\(pid)/stat"), let end = line.lastIndex(of: UInt8(ascii: ")")) else {
        return nil
    }
    return line.dropFirst(end + 2).first.map { Character(UnicodeScalar($0)) }
}
