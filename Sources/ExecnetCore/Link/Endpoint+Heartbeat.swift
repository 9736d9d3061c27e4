//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire
import Synchronization

/// Finds links whose other side no longer answers.
extension Endpoint {
    /// Intervals without a sign of life after which the link is given up.
    static let toleratedSilence = 3

    /// Asks for a sign of life whenever none came for an interval.
    package func startHeartbeat(_ interval: Duration) { scheduleHeartbeat(interval, silent: 0) }

    private func scheduleHeartbeat(_ interval: Duration, silent: Int) {
        guard let link = state.withLock({ $0.link }) else { return }
        _ = link.schedule(after: interval) { self.beat(interval, silent: silent) }
    }

    private func beat(_ interval: Duration, silent: Int) {
        let heard = state.withLock { state in
            defer { state.heardSinceBeat = false }
            return state.heardSinceBeat
        }
        guard !heard else { return scheduleHeartbeat(interval, silent: 0) }
        guard silent < Endpoint.toleratedSilence else {
            return linkEnded(
                GatewayError(
                    .heartbeatMissed,
                    "The other side gave no sign of life for \(interval * (silent + 1)).",
                    gateway: gatewayID
                )
            )
        }
        _ = try? perform { $0.sendControl(.ping) }
        scheduleHeartbeat(interval, silent: silent + 1)
    }
}
