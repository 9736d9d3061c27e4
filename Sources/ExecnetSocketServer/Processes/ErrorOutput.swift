//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import Synchronization

/// What a process has printed to its standard error, on its way to the connection that is attached to it.
///
/// As long as nobody is attached only the end of it is kept. Then nothing is lost: when the client reads slowly, the process waits.
final class ErrorOutput: Sendable {
    /// Bytes that are kept.
    static let capacity = 65_536

    fileprivate struct State {
        var kept: [UInt8] = []
        /// The connection that is attached, the newest if there were several; 0 if none is.
        var reader: UInt64 = 0
        var readers: UInt64 = 0
        var hasEnded = false
        var isDrained = false
        var waitingReader: CheckedContinuation<Void, Never>?
        var waitingWriter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Whether anybody was attached at any time.
    var wasAttached: Bool { state.withLock { $0.readers > 0 } }
    private var isAttached: Bool { state.withLock { $0.reader > 0 } }

    /// Takes what has been printed. One caller at a time. False: nobody is attached.
    func append(_ bytes: [UInt8]) async -> Bool {
        while state.withLock({ $0.mustWait }) {
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    guard state.mustWait else { return false }
                    state.waitingWriter = continuation
                    return true
                }
                if !waits { continuation.resume() }
            }
        }
        let (reader, isAttached) = state.withLock { state in
            state.kept += bytes
            if state.reader == 0, state.kept.count > ErrorOutput.capacity {
                state.kept.removeFirst(state.kept.count - ErrorOutput.capacity)
            }
            return (state.waitingReader.take(), state.reader > 0)
        }
        reader?.resume()
        return isAttached
    }

    /// The process has ended: nothing waits for the reader any more.
    func release() {
        let waiting = state.withLock { state in
            state.hasEnded = true
            return state.waitingWriter.take()
        }
        waiting?.resume()
    }

    /// All has been appended; `line` is the last.
    func end(_ line: String) {
        let waiting = state.withLock { state in
            state.kept += Array(line.utf8)
            state.isDrained = true
            return state.waitingReader.take()
        }
        waiting?.resume()
    }

    /// Begins to read, instead of whoever did before.
    func attach() -> UInt64 {
        let (number, waiting) = state.withLock { state in
            state.readers += 1
            state.reader = state.readers
            return (state.readers, state.waitingReader.take())
        }
        waiting?.resume()
        return number
    }

    /// Ends a reader's reading, if it is still the one.
    func detach(_ reader: UInt64) {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>?] in
            guard state.reader == reader else { return [] }
            state.reader = 0
            return [state.waitingWriter.take(), state.waitingReader.take()]
        }
        for continuation in waiting { continuation?.resume() }
    }

    /// What has come since the last call; nil at the end, or when another one reads now.
    func next(_ reader: UInt64) async -> [UInt8]? {
        while true {
            let (step, writer) = state.withLock { $0.take(by: reader) }
            writer?.resume()
            switch step {
            case .bytes(let bytes): return bytes
            case .end: return nil
            case .wait:
                await withCheckedContinuation { continuation in
                    let waits = state.withLock { state in
                        guard state.reader == reader, state.kept.isEmpty, !state.isDrained else { return false }
                        state.waitingReader = continuation
                        return true
                    }
                    if !waits { continuation.resume() }
                }
            }
        }
    }
}

extension ErrorOutput.State {
    /// Whether there is more already than a slow reader should have before it.
    fileprivate var mustWait: Bool { reader > 0 && !hasEnded && kept.count >= ErrorOutput.capacity }

    fileprivate enum Step {
        case bytes([UInt8])
        case wait
        case end
    }

    fileprivate mutating func take(by reader: UInt64) -> (Step, CheckedContinuation<Void, Never>?) {
        guard self.reader == reader else { return (.end, nil) }
        guard kept.isEmpty else {
            defer { kept = [] }
            return (.bytes(kept), waitingWriter.take())
        }
        return (isDrained ? .end : .wait, nil)
    }
}
