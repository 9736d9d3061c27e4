//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetSystem
import Synchronization

/// What a program writes, line by line, kept for whoever asks for it now or later.
package final class ProgramLog: Sendable {
    private struct State {
        var lines: [String] = []
        var splitter = LineSplitter()
        var isOver = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// The program ended, or the test did, before it wrote the line that was waited for.
    package struct MissingLine: Error, CustomStringConvertible {
        package let log: String
        package var description: String { "the line did not come after:\n\(log)" }
    }

    private let descriptor: Descriptor
    private let poller: Poller
    private let state = Mutex(State())

    /// Reads the end of a pipe until nobody holds the other any more.
    package init(_ descriptor: Descriptor) throws(SystemError) {
        self.descriptor = descriptor
        poller = try PollerThread.shared()
        try descriptor.makeNonBlocking()
        try poller.add(descriptor.value) { self.read() }
    }

    /// All whole lines so far.
    package var lines: [String] { state.withLock { $0.lines } }

    package var text: String { lines.joined(separator: "\n") }

    /// The first line that is wanted, among those that are there and those to come.
    ///
    /// - Parameter count: this many lines at the start are passed over.
    @discardableResult
    package func line(after count: Int = 0, where isWanted: (String) -> Bool) async throws -> String {
        var seen = count
        while true {
            let (lines, isOver) = state.withLock { ($0.lines, $0.isOver) }
            if let line = lines.dropFirst(seen).first(where: isWanted) { return line }
            guard !isOver, !Task.isCancelled else { throw MissingLine(log: lines.joined(separator: "\n")) }
            seen = max(seen, lines.count)
            await change(since: lines.count)
        }
    }

    /// Waits until nobody can write any more.
    package func ended() async {
        while case let (count, isOver) = state.withLock({ ($0.lines.count, $0.isOver) }), !isOver, !Task.isCancelled {
            await change(since: count)
        }
    }

    /// Reads no more, whoever may still write.
    package func finish() { state.withLock { finish(&$0) }.forEach { $0.resume() } }

    /// Returns when there are more lines, or there will be none, or the task is cancelled.
    private func change(since count: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    guard state.lines.count == count, !state.isOver, !Task.isCancelled else { return false }
                    state.waiters.append(continuation)
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            state.withLock { takeWaiters(&$0) }.forEach { $0.resume() }
        }
    }

    private func read() {
        // Under the lock, so that the descriptor is not closed meanwhile.
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard !state.isOver else { return [] }
            return withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { buffer in
                switch descriptor.read(into: buffer) {
                case .wouldBlock: return []
                case .ended: return finish(&state)
                case .bytes(let count):
                    let before = state.lines.count
                    state.splitter.append(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { line in
                        state.lines.append(text(of: line))
                    }
                    return state.lines.count > before ? takeWaiters(&state) : []
                }
            }
        }
        for waiter in waiters { waiter.resume() }
    }

    private func finish(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        guard !state.isOver else { return [] }
        state.isOver = true
        poller.remove(descriptor.value)
        descriptor.close()
        state.splitter.finish { state.lines.append(text(of: $0)) }
        return takeWaiters(&state)
    }

    private func takeWaiters(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        defer { state.waiters = [] }
        return state.waiters
    }

    /// Servers of SSH end their lines as on a terminal.
    private func text(of line: [UInt8]) -> String {
        String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line[...], as: UTF8.self)
    }
}
