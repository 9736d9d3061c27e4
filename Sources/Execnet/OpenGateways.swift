//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import Synchronization

/// The gateways of this process by their ids, for descriptions that name one.
enum OpenGateways {
    private struct Entry {
        weak var gateway: Gateway?
    }

    private static let entries = Mutex<[Entry]>([])

    static func add(_ gateway: Gateway) {
        entries.withLock { entries in
            entries.removeAll { $0.gateway?.isOpen != true }
            entries.append(Entry(gateway: gateway))
        }
    }

    /// The one open gateway with this id.
    static func find(_ id: String, for gateway: String) throws(GatewayError) -> Gateway {
        let found = entries.withLock { $0.compactMap(\.gateway) }.filter { $0.id == id && $0.isOpen }
        guard let first = found.first else {
            throw GatewayError(.invalidSpec, "There is no open gateway \"\(id)\" to go through.", gateway: gateway)
        }
        guard found.count == 1 else {
            throw GatewayError(
                .invalidSpec,
                "\(found.count) open gateways have the id \"\(id)\": give the one to go through an id of its own.",
                gateway: gateway
            )
        }
        return first
    }
}
