//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire
import Synchronization

/// Sending without a task.
extension Endpoint {
    enum Sending { case sent, full, over }

    /// Sends an item in one frame if that goes now.
    func sendWhole(_ item: WireBytes, on core: ChannelCore) -> Sending {
        func attempt() -> Sending {
            state.withLock { state in
                guard (try? core.state.checkSend()) != nil else { return .over }
                return state.multiplexer.sendAtOnce(.item, item, on: core) ? .sent : .full
            }
        }
        let first = attempt()
        guard case .full = first else { return first }
        // Perhaps only the link's buffer is full.
        flushLink()
        return attempt()
    }

    /// Queues an item that is to be sent in one frame. The waiter is woken when it has been passed on, or never will be.
    func enqueueWhole(_ item: WireBytes, on core: ChannelCore, _ waiter: Waiter) {
        let isOver = state.withLock { state in
            guard (try? core.state.checkSend()) != nil else { return true }
            state.multiplexer.enqueue(OutgoingMessage(whole: item, waiter: waiter), on: core)
            return false
        }
        if isOver { resume(waiter, .changed) } else { flushLink() }
    }
}
