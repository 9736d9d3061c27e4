//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem

/// Signals that would end this process, as events. One watch per process, for as long as it lives.
package enum SignalWatch {
    /// Calls `handler` on the poller's thread for each of these signals that comes. One that the process was started with ignored stays so.
    package static func start(
        _ signals: [Int32],
        poller: Poller,
        handler: @escaping @Sendable (Int32) -> Void
    ) throws(SystemError) {
        let pipe = try DescriptorPair.pipe()
        for end in [pipe.first, pipe.second] { try end.makeNonBlocking() }
        try poller.add(pipe.first.value) {
            withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) { buffer in
                guard case .bytes(let count) = pipe.first.read(into: buffer) else { return }
                for number in buffer.prefix(count) { handler(Int32(number)) }
            }
        }
        // From here on it belongs to the signal handler, which cannot be told to stop.
        let output = pipe.second.release()
        for number in signals { execnet_report_signal(number, output) }
    }
}
