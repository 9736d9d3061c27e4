//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Foundation
import Synchronization

/// A bar on standard error, if that is a terminal.
final class Progress: Sendable {
    private struct State {
        var done = 0
        var drawn: ContinuousClock.Instant?
    }

    private let label: String
    private let total: Int
    private let isShown = isatty(FileHandle.standardError.fileDescriptor) == 1
    private let state = Mutex(State())

    init(_ label: String, of total: Int) {
        self.label = label
        self.total = total
    }

    /// One more is done. Draws at most twenty times a second.
    func advance() {
        guard isShown else { return }
        state.withLock { state in
            state.done += 1
            let now = ContinuousClock.now
            if let drawn = state.drawn, state.done < total, now - drawn < .milliseconds(50) { return }
            state.drawn = now
            standardError("\r" + line(state.done))
        }
    }

    /// Takes the bar away.
    func finish() {
        if isShown { standardError("\r\u{1B}[K") }
    }

    private func line(_ done: Int) -> String {
        let width = 40
        let filled = width * done / max(total, 1)
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
        return "\(label.padded(to: 18)) [\(bar)] \(done)/\(total)"
    }
}

/// Writes a text to standard error, as it is.
func standardError(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
