//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Synchronization

/// What came of a bootstrap, for whoever started it.
package final class BootstrapReport: Sendable {
    /// What is known so far.
    package struct Findings: Sendable, Hashable {
        /// Whether the far side said anything at all.
        package var wasAnswered = false
        /// What the far side is; nil until stage 0 has spoken.
        package var machine: String?
        /// How much it printed unasked before that.
        package var noiseSize = 0
        /// What that was, as an error quotes it.
        package var noise = ""
        /// Directories that are of no use, and why.
        package var refusals: [String] = []
        /// Where the agent is, or is to be; empty for none.
        package var directory = ""
        /// Whether files of the agent were sent.
        package var wasPlanted = false
        /// Whether the Python agent was started.
        package var isPython = false
        /// Whether an image was started that had been in the cache, without a test.
        package var usedCache = false
        /// Why better agents were not started.
        package var notes: [String] = []
    }

    private let state = Mutex(Findings())
    private let onChange: (@Sendable (Findings) -> Void)?

    /// - Parameter onChange: told of what is new.
    package init(onChange: (@Sendable (Findings) -> Void)? = nil) { self.onChange = onChange }

    package var findings: Findings { state.withLock { $0 } }
    package var wasAnswered: Bool { findings.wasAnswered }
    package var usedCache: Bool { findings.usedCache }
    package var notes: [String] { findings.notes }

    func heard() { state.withLock { $0.wasAnswered = true } }

    /// Takes down how far a bootstrap is.
    func note(_ bootstrap: Bootstrap) {
        let news = state.withLock { known -> Findings? in
            let before = known
            known.note(bootstrap)
            return known == before ? nil : known
        }
        if let news { onChange?(news) }
    }
}

extension BootstrapReport.Findings {
    fileprivate mutating func note(_ bootstrap: Bootstrap) {
        if machine == nil {
            machine = bootstrap.machine.text
            // Stage 0 itself begins with an empty line.
            noiseSize = bootstrap.noise.isEmpty ? 0 : bootstrap.noise.size - 1
            noise = bootstrap.noise.quote
        }
        refusals = bootstrap.refusals
        directory = bootstrap.directory
        wasPlanted = bootstrap.wasSent
        isPython = bootstrap.startedPython
        guard bootstrap.phase == .done else { return }
        usedCache = bootstrap.startedFromHint
        notes = bootstrap.notes
    }
}

extension Bootstrap.Machine {
    /// As a diagnosis shows it; nil if nothing is known of it.
    fileprivate var text: String? {
        guard !process.isEmpty else { return nil }
        let kind = system.isEmpty ? "a machine that was not asked what it is" : "\(system) \(hardware), \(bits) bits"
        return kind + (hasGzip ? ", gzip" : ", no gzip")
            + (python.map { ", \(Noise.shown($0.utf8))" } ?? ", no python3")
    }
}
