//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Synchronization

/// The process's one thread that waits for all of its links; started with the first of them, and kept.
package enum PollerThread {
    private static let started = Mutex<Poller?>(nil)

    /// Makes a poller that is polled elsewhere the shared one: an agent's, whose own threads do this.
    package static func adopt(_ poller: Poller) { started.withLock { $0 = poller } }

    package static func shared() throws(SystemError) -> Poller {
        try started.withLock { started throws(SystemError) in
            if let started { return started }
            let poller = try Poller()
            try SystemThread.start(name: "execnet-links") {
                while true { poller.poll() }
            }
            started = poller
            return poller
        }
    }
}
