//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetTestSupport
import Logging
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension GatewayConfiguration {
    /// Drops what programs print and log.
    static var quiet: GatewayConfiguration {
        var configuration = GatewayConfiguration()
        configuration.output = .discard
        configuration.logger = Logger(label: "execnet.tests", factory: { _ in SwiftLogNoOpLogHandler() })
        return configuration
    }
}

/// A gateway, and which of the versions of a program it runs.
struct GatewayUnderTest: Sendable {
    let kind: GatewayKind
    let gateway: Gateway

    /// Starts the version of a program that this kind of agent runs.
    func exec(
        python: String,
        swift: @escaping @Sendable (Channel) async throws -> Void
    ) async throws -> Channel {
        guard kind.runsClosures else { return try await gateway.remoteExec(.python(python)) }
        return try await gateway.remoteExec(swift)
    }

    /// A program that sends back what it receives.
    func echo() async throws -> Channel {
        try await exec(python: "for item in channel: channel.send(item)") { channel in
            for try await item in channel.items(as: Value.self) { try await channel.send(item) }
        }
    }

    /// A program that waits for an item, and ends then.
    func waiter() async throws -> Channel {
        try await exec(python: "channel.receive()") { channel in _ = try await channel.receive(as: Value.self) }
    }

    /// Checks that the gateway still works.
    func expectUsable(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let channel = try await echo()
        try await channel.send("still there")
        #expect(try await channel.receive(as: String.self) == "still there", sourceLocation: sourceLocation)
        channel.end()
        try await channel.waitClose()
    }

    /// Waits until no channel is left on either side and no program runs.
    func expectEmptyTables() async throws {
        while true {
            let status = try await gateway.status()
            if status.channels == 0, status.executing == 0, status.localChannels == 0 { return }
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    /// Waits until so many programs run.
    func waitUntilExecuting(_ count: Int) async throws {
        while try await gateway.status().executing != count {
            try Task.checkCancellation()
            await Task.yield()
        }
    }
}

/// Expects that `body` throws a ``ChannelError`` with this code.
func expectChannelError<R>(
    _ code: ChannelError.Code,
    sourceLocation: SourceLocation = #_sourceLocation,
    isolation: isolated (any Actor)? = #isolation,
    _ body: () async throws -> R
) async {
    do {
        _ = try await body()
        Issue.record("no error instead of \(code)", sourceLocation: sourceLocation)
    } catch {
        #expect((error as? ChannelError)?.code == code, "\(error)", sourceLocation: sourceLocation)
    }
}

/// Expects that `body` throws a ``RemoteError`` whose text contains all of `parts`, and returns it.
@discardableResult
func expectRemoteError<R>(
    _ parts: String...,
    sourceLocation: SourceLocation = #_sourceLocation,
    isolation: isolated (any Actor)? = #isolation,
    _ body: () async throws -> R
) async -> RemoteError? {
    do {
        _ = try await body()
        Issue.record("no error", sourceLocation: sourceLocation)
    } catch let error as RemoteError {
        for part in parts where !"\(error)".contains(part) {
            Issue.record("\"\(part)\" is not in: \(error)", sourceLocation: sourceLocation)
        }
        return error
    } catch {
        Issue.record("not a RemoteError: \(error)", sourceLocation: sourceLocation)
    }
    return nil
}

/// Ends a process, if nothing else is said in the hardest way.
func killProcess(_ pid: Int, _ signal: Int32 = SIGKILL) { kill(pid_t(pid), signal) }

/// Whether there is a process with this number that is not a zombie.
func isRunning(_ pid: Int) -> Bool {
    guard let text = try? fileText("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return false }
    return !text[end...].hasPrefix(") Z")
}

/// Ends this process at once, for programs on the far side.
func exitProcess(_ status: Int32) -> Never { exit(status) }

/// Writes to a standard stream without any library in between.
func writeRaw(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { bytes in _ = write(descriptor, bytes.baseAddress, bytes.count) }
}

var currentDirectory: String {
    guard let path = getcwd(nil, 0) else { return "" }
    defer { free(path) }
    return String(cString: path)
}

/// The resident memory of a process, in bytes.
func residentMemory(of pid: Int) throws -> Int {
    let fields = try fileText("/proc/\(pid)/statm").split(separator: " ")
    return try #require(Int(fields[1])) * Int(sysconf(Int32(_SC_PAGESIZE)))
}

/// How far a process's resident memory has risen at most, since this was made.
struct MemoryPeak {
    private let pid: Int
    private let before: Int

    init(of pid: Int) throws {
        self.pid = pid
        before = try residentMemory(of: pid)
        // Makes the kernel begin anew with the peak.
        let file = try #require(fopen("/proc/\(pid)/clear_refs", "w"))
        fputs("5", file)
        try #require(fclose(file) == 0)
    }

    /// In bytes.
    var growth: Int {
        get throws {
            let lines = try fileText("/proc/\(pid)/status").split(separator: "\n")
            let peak = try #require(lines.first { $0.hasPrefix("VmHWM:") }?.split(whereSeparator: \.isWhitespace)[1])
            return try #require(Int(peak)) * 1_024 - before
        }
    }
}

var ownMemory: Int { get throws { try residentMemory(of: Int(getpid())) } }

func fileText(_ path: String) throws -> String {
    guard let file = fopen(path, "r") else { throw NoFile(path: path) }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
}

func removeFile(_ path: String) throws { guard unlink(path) == 0 else { throw NoFile(path: path) } }

/// Ends this process as a failed assertion in C does, for programs on the far side.
func abortProcess() -> Never { abort() }
