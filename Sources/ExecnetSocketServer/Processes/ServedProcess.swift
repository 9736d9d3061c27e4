//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import Logging
import Synchronization

/// A process that has a client's connection as its standard input and output.
final class ServedProcess: Sendable {
    private struct Timers {
        var set: [UInt64] = []
        var isOver = false
    }

    let errors = ErrorOutput()
    private let child: ChildProcess
    private let errorReader: DescriptorReader
    /// What tells that the client has gone: the stream, and the socket that TLS is spoken over.
    private let watched: [Descriptor]
    private let poller: Poller
    private let limits: SocketServerLimits
    private let logger: Logger
    private let timers = Mutex(Timers())

    /// Starts the process.
    ///
    /// - Parameters:
    ///   - stream: its input and output; kept open as well, to see whether the client is still there.
    ///   - socket: the connection: the same, or behind TLS. The end of that reaches the stream only when the process reads.
    init(
        _ plan: ProcessPlan,
        stream: Descriptor,
        socket: Descriptor,
        poller: Poller,
        limits: SocketServerLimits,
        logger: Logger
    ) throws(SystemError) {
        let pipe = try DescriptorPair.pipe()
        child = try ChildProcess.start(plan, input: stream, output: stream, errors: pipe.second, poller: poller)
        pipe.second.close()
        watched = stream === socket ? [stream] : [stream, socket]
        self.poller = poller
        self.limits = limits
        var logger = logger
        logger[metadataKey: "pid"] = "\(child.pid)"
        self.logger = logger
        do {
            errorReader = try DescriptorReader(pipe.first, poller: poller)
            for descriptor in watched { try poller.addHangUp(descriptor.value) { self.clientHasGone() } }
        } catch {
            for descriptor in watched { poller.remove(descriptor.value) }
            child.signal(SIGKILL)
            throw error
        }
        logger.info("started")
    }

    /// Waits for the process's end, and passes on what it prints until then.
    func run() async -> ExitStatus {
        async let printed: Void = passErrors()
        let status = await withCheckedContinuation { continuation in
            child.whenEnded { continuation.resume(returning: $0) }
        }
        stopWatching()
        forgetTimers()
        errorReader.finish()
        errors.release()
        await printed
        logger.info("ended", metadata: ["status": "\(status)"])
        return status
    }

    /// Asks the process's group to end, and after a while makes it.
    func terminate() {
        child.signal(SIGTERM)
        schedule(after: limits.termination) { $0.kill() }
    }

    func kill() { child.signal(SIGKILL) }

    var pid: Int32 { child.pid }
    var hasEnded: Bool { child.exitStatus != nil }

    private func stopWatching() { for descriptor in watched { poller.remove(descriptor.value) } }

    private func clientHasGone() {
        stopWatching()
        logger.debug("the client has gone")
        schedule(after: limits.clientGone) { process in
            process.logger.info("terminated, as its client has gone")
            process.terminate()
        }
    }

    private func schedule(after delay: Duration, _ action: @escaping @Sendable (ServedProcess) -> Void) {
        timers.withLock { timers in
            guard !timers.isOver else { return }
            timers.set.append(poller.schedule(after: delay) { action(self) })
        }
    }

    private func forgetTimers() {
        let set = timers.withLock { timers in
            timers.isOver = true
            return timers.set
        }
        for timer in set { poller.cancel(timer) }
    }

    // MARK: standard error

    /// Reads that are done at most when the process has ended: something that it started may hold the pipe, and print without end.
    private static let lastReads = 16

    private func passErrors() async {
        var lines = LineSplitter()
        var left = ServedProcess.lastReads
        while let bytes = await errorReader.next() {
            if await !errors.append(bytes) { log(bytes, &lines) }
            if child.exitStatus != nil { left -= 1 }
            if left == 0 { break }
        }
        lines.finish { log(line: $0) }
    }

    /// Writes to a connection what the process prints until it has ended. `abort` ends a client that does not read the rest.
    func writeErrors(to stream: Descriptor, abort: @escaping @Sendable () -> Void) async {
        guard let writer = try? DescriptorWriter(stream, poller: poller) else { return }
        let reader = errors.attach()
        child.whenEnded { _ in self.poller.schedule(after: self.limits.clientGone, abort) }
        while let bytes = await nextErrors(reader, for: stream), await writer.write(bytes) {}
        errors.detach(reader)
    }

    /// What the process prints next. Nothing that is written would tell meanwhile that the client has gone.
    private func nextErrors(_ reader: UInt64, for stream: Descriptor) async -> [UInt8]? {
        try? poller.addHangUp(stream.value) {
            self.poller.remove(stream.value)
            self.poller.schedule(after: self.limits.clientGone) { self.errors.detach(reader) }
        }
        defer { poller.remove(stream.value) }
        return await errors.next(reader)
    }

    private func log(_ bytes: [UInt8], _ lines: inout LineSplitter) {
        guard logger.logLevel <= .debug else { return }
        bytes.withUnsafeBytes { lines.append($0) { log(line: $0) } }
    }

    private func log(line: [UInt8]) {
        logger.debug("printed", metadata: ["line": "\(String(decoding: line, as: UTF8.self))"])
    }
}

extension ExitStatus {
    /// As the protocol's last line has it.
    var words: String {
        switch self {
        case .exited(let status): "exit \(status)"
        case .signalled(let number): "signal \(number)"
        }
    }
}
