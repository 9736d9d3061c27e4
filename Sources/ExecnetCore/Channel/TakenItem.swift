//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire
import Synchronization

/// What a program that wants an item of a channel finds.
enum TakenItem {
    case item(WireBytes)
    /// Nothing yet.
    case none
    case end(ChannelEnd, closedHere: Bool)
    /// Items go to subscribers.
    case subscribed
}

extension Multiplexer {
    mutating func takeItem(from core: ChannelCore) -> TakenItem {
        guard !core.state.takesItems else { return .subscribed }
        switch take(from: core) {
        case .item(let payload, _): return .item(payload)
        case .wait: return .none
        case .end(let end): return .end(end, closedHere: core.state.closedHere)
        }
    }
}

extension Endpoint {
    /// An item that is here already, if one is.
    func takeItem(from core: ChannelCore) -> TakenItem {
        let (taken, flush) = state.withLock { ($0.multiplexer.takeItem(from: core), $0.flushDecision()) }
        carryOut(flush)
        return taken
    }
}
