//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Synchronization

/// The coordinator's one thread that waits for all of its links; started with the first of them, and kept.
package enum PollerThread {
    private static let started = Mutex<Poller?>(nil)

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
