//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import DequeModule
package import ExecnetWire

/// How the other side of a channel came to its end, as those who still wait on this side learn it.
package enum ChannelEnd: Sendable {
    /// It sends no more items.
    case finished
    /// Its program failed, or closed the channel with an error.
    case failed(RemoteError)
    /// The link is gone.
    case lost(GatewayError)
}

/// One side of one channel: what it may do now, what has come for it, what it has yet to send.
///
/// Pure: told what happens, it answers what is to be done. The multiplexer routes events to it and carries the answers out.
package struct ChannelState: ~Copyable {
    /// What this side may still do.
    package enum LocalPhase: Sendable, Equatable {
        case open
        /// An *end* frame is sent or queued; bindings and items are over.
        case ended
        /// A *close* frame is sent; nothing follows.
        case closed
    }

    /// What the other side may still do.
    package enum RemotePhase: Sendable, Equatable { case open, ended, closed }

    /// Something that came and was not taken yet. The sequence orders items and changes of bindings among each other.
    private struct Waiting<Content> {
        var content: Content
        var cost: Int
        var sequence: UInt64
    }

    package enum TakeResult {
        case item(WireBytes, credit: Int?)
        /// Nothing here yet; credit, if any, lets the rest of a partial item come.
        case wait(credit: Int?)
        case end(ChannelEnd)
    }

    /// What a channel with subscribers has for them next.
    package enum Delivery {
        case item(WireBytes)
        case bindings([String: Value])
        case end(ChannelEnd)
    }

    package private(set) var local = LocalPhase.open
    /// Whether the other side knows the channel. Until it does nothing may be sent, not even that it is over.
    package private(set) var isKnown: Bool
    package private(set) var remote = RemotePhase.open
    package private(set) var end: ChannelEnd?
    /// Whether this side closed the channel of its own accord, rather than in answer to the other.
    package private(set) var closedHere = false
    package var sendQueue = SendQueue()
    /// Whether the channel is in the multiplexer's round of those that have something to send.
    package var isInRound = false

    private var window: ReceiveWindow
    private var inbox = Deque<Waiting<WireBytes>>()
    private var partial: PartialMessage?
    private var sequence: UInt64 = 0
    package var bindings = Bindings()
    /// Changes of bindings that subscribers have yet to hear of; kept only while there are such subscribers.
    private var bindingChanges = Deque<Waiting<[String: Value]>>()
    package var keepsBindingChanges = false
    /// Whether items go to subscribers, rather than to whoever receives them.
    package var takesItems = false
    /// Whether a task passes items and changes on to subscribers.
    package private(set) var isDelivering = false

    /// Whether items go to the channel's sink as they come, rather than into the inbox.
    package private(set) var passesOn = false

    private var receivers = WaitList()
    private var watchers = WaitList()
    private var enders = WaitList()

    package init(attached: Bool, maximumWindow: Int) {
        isKnown = attached
        window = ReceiveWindow(maximum: maximumWindow)
    }

    /// A message of which fragments have come.
    private struct PartialMessage {
        var type: FrameType
        var builder: WireBytesBuilder
        /// What its fragments cost and was not given back yet.
        var cost: Int
    }

    /// Units of items that have come and were not taken.
    package var held: Int { window.held }

    // MARK: this side acts

    /// Makes the channel known to the other side.
    package mutating func attach() { isKnown = true }

    /// Checks that this side may send a message.
    package func checkSend() throws(ChannelError) {
        switch local {
        case .open:
            guard remote == .closed else { return }
            throw ChannelError(.closed, sendFailure)
        case .ended: throw ChannelError(.ended, "This side of the channel was ended: it sends no more.")
        case .closed: throw ChannelError(.closed, closedHere ? "The channel was closed on this side." : sendFailure)
        }
    }

    private var sendFailure: String {
        switch end {
        case .failed(let error): "The channel is closed: the far program ended with \(error.type): \(error.message)"
        case .lost(let error): "The channel is closed: \(error.message)"
        case .finished, nil: "The channel is closed: the far program has ended."
        }
    }

    /// Says that this side sends no more. False if it had said so before.
    package mutating func endSending() -> Bool {
        guard local == .open else { return false }
        local = .ended
        return true
    }

    /// Closes this side: queued messages and items not yet taken are dropped. False if it was closed before.
    package mutating func close(_ wake: inout Wakeups) -> Bool {
        closedHere = true
        discardInbox()
        guard local != .closed else { return false }
        local = .closed
        wake.add(sendQueue.removeAll())
        if end == nil { end = .finished }
        wakeAll(&wake)
        return true
    }

    /// Answers the close of the other side with ours: what was not sent is dropped, what has come stays.
    package mutating func answerClose(_ wake: inout Wakeups) -> Bool {
        guard local != .closed else { return false }
        local = .closed
        wake.add(sendQueue.removeAll())
        return true
    }

    /// Takes the next item out of the inbox.
    package mutating func take() -> TakeResult {
        if let item = inbox.popFirst() { return .item(item.content, credit: credit(afterTaking: item.cost)) }
        if let end { return .end(end) }
        return .wait(credit: releasePartial())
    }

    /// Lets the rest of a large item come while a program waits for it.
    private mutating func releasePartial() -> Int? {
        guard let cost = partial?.cost, cost > 0 else { return nil }
        partial?.cost = 0
        return credit(afterTaking: cost)
    }

    private mutating func credit(afterTaking cost: Int) -> Int? {
        guard let credit = window.take(cost), remote == .open, local != .closed || end == nil else { return nil }
        return credit
    }

    private mutating func discardInbox() {
        inbox = []
        bindingChanges = []
        partial = nil
    }

    // MARK: delivery to subscribers

    /// Begins to deliver; false if that is under way.
    package mutating func beginDelivery() -> Bool {
        defer { isDelivering = true }
        return !isDelivering
    }

    /// Delivers what is bound now, before any later change.
    package mutating func deliverCurrentBindings() {
        let values = bindings.values
        guard !values.isEmpty else { return }
        sequence += 1
        bindingChanges.append(Waiting(content: values, cost: 0, sequence: sequence))
    }

    package mutating func endDelivery(_ wake: inout Wakeups) {
        isDelivering = false
        wake.add(enders.takeAll())
    }

    /// What comes next for subscribers, in the order in which it came; nil if nothing is here.
    package mutating func takeDelivery() -> (Delivery?, credit: Int?) {
        let item = takesItems ? inbox.first?.sequence : nil
        if let change = bindingChanges.first, change.sequence < item ?? .max {
            bindingChanges.removeFirst()
            return (.bindings(change.content), credit(afterTaking: change.cost))
        }
        switch takesItems ? take() : end.map(TakeResult.end) ?? .wait(credit: nil) {
        case .item(let payload, let credit): return (.item(payload), credit)
        case .wait(let credit): return (nil, credit)
        case .end(let end): return (.end(end), nil)
        }
    }

    // MARK: a sink

    package enum PassingOn {
        /// An item that came before: passed on first, and paid for as the others.
        case item(WireBytes, cost: Int)
        /// From now on items are passed on as they come.
        case begun
    }

    /// Takes the next step towards passing everything on.
    package mutating func beginPassingOn() -> PassingOn {
        if let item = inbox.popFirst() { return .item(item.content, cost: item.cost) }
        passesOn = true
        return .begun
    }

    /// Items that were passed on are done with: returns the credit to give for them, if it is worth a frame.
    package mutating func release(_ cost: Int) -> Int? { credit(afterTaking: cost) }

    // MARK: waiting

    package mutating func addWaiter(_ waiter: Waiter, for kind: WaitKind) {
        switch kind {
        case .item: receivers.add(waiter)
        case .binding: watchers.add(waiter)
        case .end: enders.add(waiter)
        }
    }

    /// Removes one who gave up; false if it was woken already.
    package mutating func removeWaiter(_ waiter: Waiter, for kind: WaitKind) -> Bool {
        switch kind {
        case .item: receivers.remove(waiter)
        case .binding: watchers.remove(waiter)
        case .end: enders.remove(waiter)
        }
    }

    /// Those who wait for a binding look again.
    package mutating func wakeWatchers(_ wake: inout Wakeups) { wake.add(watchers.takeAll()) }

    /// Those who wait for items look again.
    package mutating func wakeReceivers(_ wake: inout Wakeups) { wake.add(receivers.takeAll()) }

    // MARK: the other side acts

    package enum Received {
        case nothing
        case credit(Int)
        /// A whole bindings message, and what it cost.
        case bindings(WireBytes, cost: Int)
        /// An item for the channel's sink; nil if the frame holds all of it.
        case passOn(WireBytes?, cost: Int)
    }

    /// A fragment of an item or a bindings message has come.
    package mutating func receive(
        _ header: FrameHeader,
        _ bytes: UnsafeRawBufferPointer,
        limit: Int,
        _ wake: inout Wakeups
    ) throws(WireError) -> Received {
        guard remote == .open else {
            throw .protocolViolation("\(header.type) after the end of channel \(header.channel)")
        }
        let cost = bytes.count + ReceiveWindow.frameCost
        guard window.receive(cost) else {
            throw .protocolViolation("more than the credit of channel \(header.channel)")
        }
        // After this side's close everything is thrown away until the other side has closed too.
        guard local != .closed else { return .nothing }
        if header.flags.contains(.abandon) {
            guard partial == nil || partial?.type == header.type else {
                throw .protocolViolation("messages mixed on channel \(header.channel)")
            }
            return abandonPartial(cost)
        }
        guard bytes.count <= limit else {
            throw .protocolViolation("a message larger than \(limit) bytes on channel \(header.channel)")
        }
        guard partial != nil || header.flags.contains(.more) else {
            if passesOn, header.type == .item { return .passOn(nil, cost: cost) }
            return complete(header.type, WireBytes(copying: bytes), cost, &wake)
        }
        return try receiveFragment(header, bytes, cost, limit: limit, &wake)
    }

    private mutating func receiveFragment(
        _ header: FrameHeader,
        _ bytes: UnsafeRawBufferPointer,
        _ cost: Int,
        limit: Int,
        _ wake: inout Wakeups
    ) throws(WireError) -> Received {
        var message = partial ?? PartialMessage(type: header.type, builder: WireBytesBuilder(), cost: 0)
        partial = nil
        guard message.type == header.type else {
            throw .protocolViolation("messages mixed on channel \(header.channel)")
        }
        guard message.builder.count + bytes.count <= limit else {
            throw .protocolViolation("a message larger than \(limit) bytes on channel \(header.channel)")
        }
        message.builder.append(bytes)
        message.cost += cost
        guard header.flags.contains(.more) else {
            return complete(message.type, message.builder.finish(), message.cost, &wake)
        }
        partial = message
        // Bindings are applied as they come, so their cost is given back at once; an item's only if somebody waits for it.
        guard message.type == .bindings || !receivers.isEmpty || passesOn else { return .nothing }
        return releasePartial().map(Received.credit) ?? .nothing
    }

    private mutating func complete(_ type: FrameType, _ payload: WireBytes, _ cost: Int, _ wake: inout Wakeups)
        -> Received
    {
        guard type == .item else { return .bindings(payload, cost: cost) }
        if passesOn { return .passOn(payload, cost: cost) }
        sequence += 1
        inbox.append(Waiting(content: payload, cost: cost, sequence: sequence))
        wakeReceiver(&wake)
        return .nothing
    }

    /// One of those who wait for something to take; all if a delivering task is among them, because it may not want just this.
    private mutating func wakeReceiver(_ wake: inout Wakeups) {
        if isDelivering {
            wake.add(receivers.takeAll())
        } else if let receiver = receivers.takeFirst() {
            wake.add(receiver)
        }
    }

    /// A change of bindings has taken effect. The cost is given back now, or when subscribers have heard of it.
    package mutating func bindingsChanged(_ values: [String: Value], cost: Int, _ wake: inout Wakeups) -> Int? {
        wake.add(watchers.takeAll())
        guard keepsBindingChanges, !values.isEmpty else { return credit(afterTaking: cost) }
        sequence += 1
        bindingChanges.append(Waiting(content: values, cost: cost, sequence: sequence))
        wakeReceiver(&wake)
        return nil
    }

    private mutating func abandonPartial(_ cost: Int) -> Received {
        let held = cost + (partial?.cost ?? 0)
        partial = nil
        return credit(afterTaking: held).map(Received.credit) ?? .nothing
    }

    /// The other side sends no more.
    package mutating func receiveEnd(_ wake: inout Wakeups) throws(WireError) {
        guard remote == .open else { throw .protocolViolation("a second end of a channel") }
        guard partial == nil else { throw .protocolViolation("the end of a channel in the middle of a message") }
        remote = .ended
        if end == nil { end = .finished }
        wakeAll(&wake)
    }

    /// The other side has closed.
    package mutating func receiveClose(_ error: RemoteError?, _ wake: inout Wakeups) throws(WireError) {
        guard remote != .closed else { throw .protocolViolation("a second close of a channel") }
        remote = .closed
        partial = nil
        // An error comes after a mere end, never after this side's own close.
        if local != .closed || end == nil { end = error.map(ChannelEnd.failed) ?? end ?? .finished }
        wakeAll(&wake)
    }

    /// The link is gone: nothing more comes or goes.
    package mutating func lose(_ error: GatewayError, _ wake: inout Wakeups) {
        let closedBefore = local == .closed || remote == .closed
        local = .closed
        remote = .closed
        partial = nil
        if !closedBefore, end == nil { end = .lost(error) }
        wake.add(sendQueue.removeAll())
        wakeAll(&wake)
    }

    private mutating func wakeAll(_ wake: inout Wakeups) {
        wake.add(receivers.takeAll())
        wake.add(watchers.takeAll())
        wake.add(enders.takeAll())
    }
}

/// Those to be woken once the lock is released.
package struct Wakeups {
    package private(set) var waiters: [Waiter] = []

    package init() {}

    package mutating func add(_ waiter: Waiter) { waiters.append(waiter) }
    package mutating func add(_ more: [Waiter]) { waiters.append(contentsOf: more) }
    package mutating func removeAll() { waiters.removeAll(keepingCapacity: true) }
}

extension WireError {
    /// The peer broke the protocol: the link cannot go on.
    package static func protocolViolation(_ what: String) -> WireError {
        WireError(.malformed, "The other side sent \(what).")
    }
}
