//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire
import Synchronization

/// Takes the items of a channel on the thread that reads them from the link, instead of an inbox.
///
/// Calls come in order and must not block: the link waits for them. Only this side's own close, by whichever thread, is told at once: the
/// thread that reads may still be in another call then, or make one more.
package protocol ChannelSink: AnyObject, Sendable {
    /// Takes an encoded item, whose memory is valid until this returns. Returns how much of its cost may come again now; the sink
    /// gives the rest back with ``Endpoint/release(_:of:)`` when it is done with it.
    func received(_ item: UnsafeRawBufferPointer, cost: Int) -> Int
    /// The other side sends no more items.
    func receivedEnd()
    /// The channel is over: closed by the other side or by this one, or the link is lost. Called once.
    func closed(_ end: ChannelEnd)
}

extension Endpoint {
    /// Has everything that comes on a channel passed on to a sink, first what has come already.
    package func attach(_ sink: any ChannelSink, to core: ChannelCore) {
        while true {
            // The end is looked for in the step that begins to pass on: from then on it comes after items that another thread passes on.
            let (step, stage) = state.withLock { _ -> (ChannelState.PassingOn, SinkStage) in
                core.sink = sink
                let step = core.state.beginPassingOn()
                guard case .begun = step else { return (step, .open) }
                return (step, awaitEnd(of: core, sink, after: .open))
            }
            guard case .item(let item, let cost) = step else { return tell(sink, of: core, .open, stage) }
            release(item.withUnsafeBytes { sink.received($0, cost: cost) }, of: core)
        }
    }

    /// Gives credit back for items that a sink is done with.
    package func release(_ cost: Int, of core: ChannelCore) {
        guard cost > 0 else { return }
        _ = try? perform { $0.release(cost, of: core) }
    }

    /// Passes on what has come for sinks.
    func passOn(_ effects: inout Effects) {
        var done: [(core: ChannelCore, cost: Int)] = []
        for item in effects.passed {
            let cost =
                item.whole.map { $0.withUnsafeBytes { item.sink.received($0, cost: item.cost) } }
                ?? item.sink.received(item.bytes, cost: item.cost)
            if done.last?.core === item.core {
                done[done.count - 1].cost += cost
            } else {
                done.append((item.core, cost))
            }
        }
        effects.passed.removeAll(keepingCapacity: true)
        effects.hasOutput = state.withLock { state in
            for (core, cost) in done where cost > 0 { state.multiplexer.release(cost, of: core) }
            return state.multiplexer.hasOutput
        }
    }

    /// Calls `action` once a channel is over: closed by either side, or lost with its link.
    func whenClosed(_ core: ChannelCore, _ action: @escaping @Sendable () -> Void) {
        let isClosed = state.withLock { _ in
            guard core.state.local != .closed, core.state.remote != .closed else { return true }
            core.state.addWaiter(Waiter { [weak self] in self?.whenClosed(core, action) }, for: .end)
            return false
        }
        if isClosed { action() }
    }

    // MARK: the end of a sink

    /// What a sink has been told of its channel's end.
    private enum SinkStage { case open, ended, closed(ChannelEnd) }

    /// Under the lock: how far the channel is; if it is not over, the sink will be told when it comes further than `known`.
    private func awaitEnd(of core: ChannelCore, _ sink: any ChannelSink, after known: SinkStage) -> SinkStage {
        if core.state.local == .closed || core.state.remote == .closed {
            core.sink = nil
            return .closed(core.state.end ?? .finished)
        }
        let stage = core.state.remote == .ended ? .ended : known
        core.state.addWaiter(Waiter { [weak self] in self?.lookForEnd(of: core, sink, after: stage) }, for: .end)
        return stage
    }

    private func lookForEnd(of core: ChannelCore, _ sink: any ChannelSink, after known: SinkStage) {
        tell(sink, of: core, known, state.withLock { _ in awaitEnd(of: core, sink, after: known) })
    }

    private func tell(_ sink: any ChannelSink, of core: ChannelCore, _ known: SinkStage, _ stage: SinkStage) {
        switch (known, stage) {
        case (.open, .ended): sink.receivedEnd()
        case (_, .closed(let end)): sink.closed(end)
        default: break
        }
    }
}
