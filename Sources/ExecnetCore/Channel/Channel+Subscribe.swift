//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire
import Logging
import Synchronization

extension Channel {
    /// Calls a subscriber from now on, first for the items that wait.
    ///
    /// While a subscriber takes items, `receive(as:timeout:)` is an error.
    public func subscribe(_ subscriber: Subscriber) { subscribe(subscriber, includingBindings: false) }

    /// As `subscribe`; with `includingBindings`, what is bound now is delivered first.
    func subscribe(_ subscriber: Subscriber, includingBindings: Bool) {
        let begins = endpoint.state.withLock { _ in
            if includingBindings { core.state.deliverCurrentBindings() }
            core.subscribers.append(subscriber)
            return core.state.beginDelivery()
        }
        guard begins else { return wakeDelivery() }
        Task(executorPreference: endpoint.programExecutor) { await deliver() }
    }

    /// Calls `onItem` with every item from now on. The result is for ``unsubscribe(_:)``.
    @discardableResult
    public func subscribe<T: Decodable & SendableMetatype>(
        itemsAs type: T.Type,
        onItem: @escaping @Sendable (T) async throws -> Void
    ) -> Subscriber {
        let subscriber = Subscriber(itemsAs: type, onItem: onItem)
        subscribe(subscriber)
        return subscriber
    }

    /// Removes every subscription of this subscriber. A call that is under way ends by itself.
    public func unsubscribe(_ subscriber: Subscriber) {
        endpoint.state.withLock { _ in core.subscribers.removeAll { $0 === subscriber } }
        wakeDelivery()
    }

    /// Lets the delivering task look again at who is subscribed.
    private func wakeDelivery() {
        var wake = Wakeups()
        endpoint.state.withLock { _ in core.state.wakeReceivers(&wake) }
        endpoint.resume(&wake)
    }

    private enum Step {
        case deliver(ChannelState.Delivery, [Subscriber])
        case unsubscribed
    }

    /// Passes everything on to the subscribers, until the end or until there are none.
    private func deliver() async {
        while let step = try? await nextStep() {
            guard case .deliver(let delivery, let subscribers) = step else { return }
            do {
                for subscriber in subscribers { try await subscriber.receive(delivery, from: self) }
            } catch {
                endpoint.logger.info("A subscriber of \(self) failed, so the channel was closed: \(error)")
                close(with: RemoteError(error))
            }
            if case .end = delivery { break }
        }
        var wake = Wakeups()
        endpoint.state.withLock { _ in core.state.endDelivery(&wake) }
        endpoint.resume(&wake)
    }

    private func nextStep() async throws -> Step {
        var wake = Wakeups()
        defer { endpoint.resume(&wake) }
        return try await endpoint.wait(for: .item, on: core, timeout: nil) { multiplexer in
            guard !core.subscribers.isEmpty else {
                // Ended under the lock, so that the next subscription begins a new delivery.
                core.state.endDelivery(&wake)
                return .unsubscribed
            }
            return multiplexer.takeDelivery(from: core).map { .deliver($0, core.subscribers) }
        }
    }
}

extension Subscriber {
    fileprivate func receive(_ delivery: ChannelState.Delivery, from channel: Channel) async throws {
        switch delivery {
        case .item(let payload): try await onItem?(payload, channel)
        case .bindings(let values): try await onBindings?(values, channel)
        case .end(.finished): await onEnd?(nil)
        case .end(.failed(let error)): await onEnd?(error)
        case .end(.lost(let error)): await onEnd?(error)
        }
    }
}
