//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
import ExecnetCore
import ExecnetSystem

/// The shared libraries that a dynamic executable needs.
enum SharedLibraries {
    struct Library: Hashable {
        /// What executables and other libraries call it.
        var name: String
        var path: String
    }

    /// Those that a file's own loader finds for it on this machine. Blocks.
    static func needed(by path: String, loader: String) throws(GatewayError) -> [Library] {
        func failure(_ what: String) -> GatewayError {
            GatewayError(
                .noAgentImage,
                "The libraries of the agent \"\(path)\" cannot be found: \(what) Build it with -static-executable, which needs none."
            )
        }
        guard access(loader, X_OK) == 0 else { throw failure("its loader \(loader) is not on this machine.") }
        var plan = ProcessPlan(executable: loader, arguments: [loader, "--list", path])
        for variable in ["LD_PRELOAD", "LD_AUDIT", "LD_DEBUG", "LD_BIND_NOW"] { plan.environment[variable] = nil }
        let answer: (text: String, status: ExitStatus)
        do throws(SystemError) { answer = try run(plan) } catch { throw failure("\(error).") }
        guard answer.status == .exited(0) else {
            let lines = answer.text.split(separator: "\n").prefix(3).joined(separator: "; ")
            throw failure("\(loader) --list ended with \(answer.status) and said \"\(lines)\".")
        }
        do throws(ListError) {
            return try parse(answer.text, loader: loader)
        } catch {
            throw failure(error.text)
        }
    }

    /// Those that this process has loaded.
    static func loaded(loader: String) -> [Library] {
        final class Paths { var paths: [String] = [] }
        let found = Paths()
        execnet_visit_libraries(
            { path, context in
                guard let path, let context else { return }
                Unmanaged<Paths>.fromOpaque(context).takeUnretainedValue().paths.append(String(cString: path))
            },
            Unmanaged.passUnretained(found).toOpaque()
        )
        return found.paths.filter { $0.hasPrefix("/") && !areSame($0, loader) }.map { path in
            Library(name: String(path[path.index(after: path.lastIndex(of: "/") ?? path.startIndex)...]), path: path)
        }
    }

    // MARK: what the loader prints

    struct ListError: Error {
        var text: String
    }

    /// Reads lines such as `libz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x00007f…)`.
    static func parse(_ text: String, loader: String) throws(ListError) -> [Library] {
        var libraries: [Library] = []
        for line in text.split(separator: "\n") {
            var words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            if words.last?.hasPrefix("(") == true { words.removeLast() }
            switch words.count {
            // The kernel's own, which has no file.
            case 1 where words[0].hasPrefix("linux-"): continue
            case 1 where areSame(words[0], loader): continue
            case 1 where words[0].hasPrefix("/"):
                throw ListError(text: "it needs \(words[0]) at exactly that place.")
            case 2 where words[1] == "=>" && words[0].hasPrefix("linux-"): continue
            case 3 where words[1] == "=>" && words[2].hasPrefix("/"):
                if areSame(words[2], loader) { continue }
                guard isFileName(words[0]) else { throw ListError(text: "one has the name \(words[0]).") }
                libraries.append(Library(name: words[0], path: words[2]))
            default:
                throw ListError(text: "\(loader) says \"\(words.joined(separator: " "))\".")
            }
        }
        return libraries
    }

    /// Names are given to a far shell, and stand beside `agent` and `loader` there.
    private static func isFileName(_ name: String) -> Bool {
        name.contains(".") && !name.hasPrefix(".") && !name.hasPrefix("-")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."): true
                case UInt8(ascii: "+"), UInt8(ascii: "-"): true
                default: false
                }
            }
    }

    private static func areSame(_ left: String, _ right: String) -> Bool {
        if left == right { return true }
        var first = stat()
        var second = stat()
        guard stat(left, &first) == 0, stat(right, &second) == 0 else { return false }
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }

    // MARK: running the loader

    private static let patience = Duration.seconds(10)
    private static let longestAnswer = 1 << 20

    /// Runs a program to its end. Both its outputs come back together.
    private static func run(_ plan: ProcessPlan) throws(SystemError) -> (text: String, status: ExitStatus) {
        let null = Descriptor(owning: open("/dev/null", O_RDWR | O_CLOEXEC))
        guard null.value >= 0 else { throw SystemError("open the null device") }
        let pipe = try DescriptorPair.pipe()
        let child = try ChildProcess.start(
            plan,
            input: null,
            output: pipe.second,
            errors: pipe.second,
            poller: PollerThread.shared()
        )
        pipe.second.close()
        let ended = Monitor<ExitStatus?>(nil)
        child.whenEnded { status in
            ended.withLock { $0 = status }
            ended.broadcast()
        }
        let text = readAll(pipe.first, until: .now + patience)
        if text == nil { child.signal(SIGKILL) }
        let status = ended.wait(until: { $0 != nil }, then: { $0 })
        guard let text, let status else { throw SystemError("run \"\(plan.executable)\"", number: ETIMEDOUT) }
        return (text, status)
    }

    /// Nil if that takes too long.
    private static func readAll(_ input: Descriptor, until deadline: MonotonicTime) -> String? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < longestAnswer {
            let rest = MonotonicTime.now.until(deadline).wholeNanoseconds
            guard rest > 0 else { return nil }
            guard execnet_wait_readable(input.value, Int(min(rest, 1_000_000_000 - 1))) > 0 else { continue }
            switch chunk.withUnsafeMutableBytes({ input.read(into: $0) }) {
            case .bytes(let count): bytes += chunk[..<count]
            case .ended, .wouldBlock: return String(decoding: bytes, as: UTF8.self)
            }
        }
        return nil
    }
}
