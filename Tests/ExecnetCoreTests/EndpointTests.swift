//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import ExecnetWire
import Logging
import Synchronization
import Testing

/// A link that moves bytes in memory: one thread of its own for each side, and no timers but those that a test lets pass.
final class MemoryLink: Link {
    private enum Event {
        case read([UInt8])
        case flush
        case stop
    }
    private struct State {
        var peer: MemoryLink?
        var timers: [UInt64: @Sendable () -> Void] = [:]
        var scheduled: UInt64 = 0
    }

    private let endpoint: Endpoint
    private let state = Mutex(State())
    private let events: AsyncStream<Event>
    private let queue: AsyncStream<Event>.Continuation
    private let totals: AsyncStream<Int>
    private let heard: AsyncStream<Int>.Continuation
    private let timersChanged: AsyncStream<Void>
    private let timerSignal: AsyncStream<Void>.Continuation

    init(_ endpoint: Endpoint) {
        self.endpoint = endpoint
        (events, queue) = AsyncStream.makeStream()
        (totals, heard) = AsyncStream.makeStream()
        (timersChanged, timerSignal) = AsyncStream.makeStream()
    }

    func connect(to peer: MemoryLink) { state.withLock { $0.peer = peer } }

    /// Reads and writes for its endpoint until the link is disconnected.
    func run() async {
        var total = 0
        for await event in events {
            switch event {
            case .read(let bytes):
                bytes.withUnsafeBytes { endpoint.received($0) }
                total += bytes.count
                heard.yield(total)
            case .flush: flush()
            case .stop: return
            }
        }
    }

    /// Waits until so many bytes in all have been taken in.
    func hears(_ count: Int) async { for await total in totals where total >= count { return } }

    func flush() {
        var next = endpoint.takeOutput()
        while let buffer = next {
            state.withLock { $0.peer }?.queue.yield(.read([UInt8](buffer.bytes)))
            next = endpoint.outputWritten()
        }
    }

    func flushSoon() { queue.yield(.flush) }
    func receiveInPlace() -> Bool { false }

    func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> UInt64 {
        defer { timerSignal.yield() }
        return state.withLock {
            $0.scheduled += 1
            $0.timers[$0.scheduled] = action
            return $0.scheduled
        }
    }

    func cancel(_ timer: UInt64) { _ = state.withLock { $0.timers.removeValue(forKey: timer) } }

    /// Waits until something is scheduled, then lets all time pass.
    func passTime() async {
        for await _ in timersChanged { break }
        let due = state.withLock { state in
            defer { state.timers = [:] }
            return state.timers.sorted { $0.key < $1.key }.map(\.value)
        }
        for action in due { action() }
    }

    func start() {}
    func disconnect() { queue.yield(.stop) }
}

/// What the side of an endpoint does with events, as far as a test needs it.
final class TestSide: EndpointDelegate {
    let channels: AsyncStream<Channel>
    private let opened: AsyncStream<Channel>.Continuation

    init() { (channels, opened) = AsyncStream.makeStream() }

    func handle(_ event: Effects.Event, from endpoint: Endpoint) {
        if case .opened(let core, _) = event { opened.yield(Channel(core: core, endpoint: endpoint)) }
    }

    func linkEnded(_ error: GatewayError, of endpoint: Endpoint) {
        opened.finish()
        endpoint.finish(error)
    }
}

/// The two ends of a channel between two endpoints.
struct Ends: Sendable {
    let mine: Channel
    let theirs: Channel
    let myLink: MemoryLink
    let theirLink: MemoryLink
    let coordinator: Endpoint
    let agent: Endpoint
}

func withEnds(_ body: (Ends) async throws -> Void) async throws {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let coordinator = Endpoint(role: .coordinator, gatewayID: "c", limits: LinkLimits(), logger: logger)
    let agent = Endpoint(role: .agent, gatewayID: "a", limits: LinkLimits(), logger: logger)
    let links = (MemoryLink(coordinator), MemoryLink(agent))
    links.0.connect(to: links.1)
    links.1.connect(to: links.0)
    let sides = (TestSide(), TestSide())
    coordinator.start(link: links.0, delegate: sides.0)
    agent.start(link: links.1, delegate: sides.1)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await links.0.run() }
        group.addTask { await links.1.run() }
        defer {
            coordinator.finish(GatewayError(.closed, "done"))
            agent.finish(GatewayError(.closed, "done"))
        }
        for endpoint in [coordinator, agent] {
            try endpoint.sendHello(Hello(build: "", limits: LinkLimits(), fields: [:]))
        }
        let core = coordinator.state(making: true)
        _ = try coordinator.perform { multiplexer throws(ChannelError) in
            multiplexer.sendAtOnce(.open, .filled(3), on: core)
        }
        var channels = sides.1.channels.makeAsyncIterator()
        let theirs = try #require(await channels.next())
        let mine = Channel(core: core, endpoint: coordinator)
        try await body(
            Ends(
                mine: mine,
                theirs: theirs,
                myLink: links.0,
                theirLink: links.1,
                coordinator: coordinator,
                agent: agent
            )
        )
    }
}

extension Endpoint {
    /// A new channel that the other side is about to hear of.
    fileprivate func state(making attached: Bool) -> ChannelCore {
        guard
            let core = try? perform({ multiplexer throws(ChannelError) in multiplexer.makeChannel(attached: attached) })
        else {
            return ChannelCore(number: 0, attached: false, maximumWindow: 0)
        }
        return core
    }
}

private func code(_ body: () async throws -> Void) async -> ChannelError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? ChannelError)?.code
    }
}

struct EndpointTests {
    @Test(.timeLimit(.minutes(1))) func itemsGoThereAndBack() async throws {
        try await withEnds { ends in
            async let echo: Void = {
                for try await n in ends.theirs.items(as: Int.self) { try await ends.theirs.send(n + 1) }
            }()
            for n in 0..<500 {
                try await ends.mine.send(n)
                #expect(try await ends.mine.receive(as: Int.self) == n + 1)
            }
            ends.mine.end()
            try await echo
        }
    }

    @Test(.timeLimit(.minutes(1))) func aSenderIsSlowedDownToItsReader() async throws {
        try await withEnds { ends in
            async let sending: Void = {
                for n in 0..<20_000 { try await ends.mine.send([n, n]) }
                ends.mine.end()
            }()
            var next = 0
            for try await item in ends.theirs.items(as: [Int].self) {
                #expect(item == [next, next])
                next += 1
            }
            try await sending
            #expect(next == 20_000)
        }
    }

    @Test(.timeLimit(.minutes(1))) func largeItemsPass() async throws {
        try await withEnds { ends in
            let bytes = [UInt8](repeating: 9, count: 3_000_000)
            async let sending: Void = ends.mine.send(Value.bytes(bytes))
            #expect(try await ends.theirs.receive(as: Value.self).bytes == bytes)
            try await sending
        }
    }

    @Test(.timeLimit(.minutes(1))) func largeItemsPassToASubscriberThatWasBusy() async throws {
        try await withEnds { ends in
            let bytes = [UInt8](repeating: 9, count: 1_000_000)
            let (sizes, seen) = AsyncStream<Int>.makeStream()
            async let sending: Void = ends.mine.send(Value.bytes(bytes))
            // The first window is full, and nobody was there to take it.
            await ends.theirLink.hears(250_000)
            ends.theirs.subscribe(Subscriber(onItem: { value, _ in seen.yield(value.bytes?.count ?? -1) }))
            var iterator = sizes.makeAsyncIterator()
            #expect(await iterator.next() == 1_000_000)
            try await sending
        }
    }

    @Test(.timeLimit(.minutes(1))) func aBindingsSubscriberDoesNotStealItems() async throws {
        try await withEnds { ends in
            let (changes, seen) = AsyncStream<[String: Value]>.makeStream()
            ends.theirs.subscribe(Subscriber(onBindings: { values, _ in seen.yield(values) }))
            var iterator = changes.makeAsyncIterator()
            for n in 0..<200 {
                async let item = ends.theirs.receive(as: Int.self)
                try await ends.mine.send(n)
                #expect(try await item == n)
                try await ends.mine.set(["n": Value(n)])
                #expect(await iterator.next() == ["n": Value(n)])
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func cancellingAReceiverLosesNothing() async throws {
        try await withEnds { ends in
            for n in 0..<200 {
                let receiver = Task { try await ends.theirs.receive(as: Int.self) }
                if n % 2 == 0 { await Task.yield() }
                receiver.cancel()
                try await ends.mine.send(n)
                let early = try? await receiver.value
                if let early { #expect(early == n) } else { #expect(try await ends.theirs.receive(as: Int.self) == n) }
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func aCancelledSendIsNeverSeen() async throws {
        try await withEnds { ends in
            let big = Value.bytes([UInt8](repeating: 1, count: 1_000_000))
            let sender = Task { try await ends.mine.send(big) }
            // Once the first window has come, the sender waits for credit.
            await ends.theirLink.hears(250_000)
            sender.cancel()
            await #expect(throws: CancellationError.self) { try await sender.value }
            async let after: Void = ends.mine.send(7)
            #expect(try await ends.theirs.receive(as: Value.self) == 7)
            try await after
        }
    }

    @Test(.timeLimit(.minutes(1))) func receivingTimesOutAndGoesOn() async throws {
        try await withEnds { ends in
            #expect(await code { _ = try await ends.mine.receive(as: Int.self, timeout: .zero) } == .timedOut)
            async let late = code { _ = try await ends.mine.receive(as: Int.self, timeout: .seconds(3_600)) }
            await ends.myLink.passTime()
            #expect(await late == .timedOut)
            try await ends.theirs.send(5)
            #expect(try await ends.mine.receive(as: Int.self, timeout: .seconds(3_600)) == 5)
        }
    }

    @Test(.timeLimit(.minutes(1))) func sendingTimesOutAndIsNotSeen() async throws {
        try await withEnds { ends in
            let big = Value.bytes([UInt8](repeating: 1, count: 1_000_000))
            async let late = code { try await ends.mine.send(big, timeout: .seconds(3_600)) }
            await ends.myLink.passTime()
            #expect(await late == .timedOut)
            async let after: Void = ends.mine.send(7)
            #expect(try await ends.theirs.receive(as: Value.self) == 7)
            try await after
        }
    }

    @Test(.timeLimit(.minutes(1))) func bindingsAreWaitedFor() async throws {
        try await withEnds { ends in
            async let value = ends.theirs.get("x", ignoring: 1)
            try await ends.mine.set("x", to: 1)
            try await ends.mine.set("x", to: 2)
            #expect(try await value == 2)
            async let missing = code { _ = try await ends.theirs.get("y", timeout: .seconds(3_600)) }
            await ends.theirLink.passTime()
            #expect(await missing == .timedOut)
            ends.mine.end()
            #expect(await code { _ = try await ends.theirs.get("y") } == .endOfItems)
        }
    }

    @Test(.timeLimit(.minutes(1))) func closingEndsTheOtherSide() async throws {
        try await withEnds { ends in
            try await ends.mine.send(1)
            try ends.mine.close(error: "enough")
            #expect(try await ends.theirs.receive(as: Int.self) == 1)
            let error = await #expect(throws: RemoteError.self) { try await ends.theirs.receive(as: Int.self) }
            #expect(error?.message == "enough")
            await #expect(throws: RemoteError.self) { try await ends.theirs.waitClose() }
            #expect(await code { try await ends.theirs.send(1) } == .closed)
            #expect(await code { _ = try await ends.mine.receive(as: Int.self) } == .closed)
        }
    }

    @Test(.timeLimit(.minutes(1))) func channelsTravelInItems() async throws {
        try await withEnds { ends in
            let fresh = ends.mine.newChannel()
            fresh.end()
            try await ends.mine.send(fresh)
            let other = try await ends.theirs.receive(as: Channel.self)
            #expect(other.id == fresh.id)
            #expect(await code { _ = try await other.receive(as: Int.self) } == .endOfItems)
            try await other.send("back")
            #expect(try await fresh.receive(as: String.self) == "back")
        }
    }

    @Test(.timeLimit(.minutes(1))) func theEndOfTheLinkEndsAllThatWaits() async throws {
        try await withEnds { ends in
            let big = Value.bytes([UInt8](repeating: 1, count: 1_000_000))
            async let receiving = gatewayCode { _ = try await ends.mine.receive(as: Int.self) }
            async let binding = gatewayCode { _ = try await ends.mine.get("x") }
            async let closing = gatewayCode { try await ends.mine.waitClose() }
            async let sending = gatewayCode { try await ends.mine.send(big) }
            await ends.theirLink.hears(250_000)
            ends.coordinator.finish(GatewayError(.agentEnded, "gone"))
            #expect(await receiving == .agentEnded)
            #expect(await binding == .agentEnded)
            #expect(await closing == .agentEnded)
            #expect(await sending == .agentEnded)
            #expect(await gatewayCode { _ = try await ends.mine.newChannel().receive(as: Int.self) } == .agentEnded)
        }
    }

    @Test(.timeLimit(.minutes(1))) func aViolationEndsTheLink() async throws {
        try await withEnds { ends in
            async let receiving = gatewayCode { _ = try await ends.mine.receive(as: Int.self) }
            frame(.item, 77, [1]).withUnsafeBytes { ends.coordinator.received($0) }
            #expect(await receiving == .protocolViolation)
            #expect(ends.coordinator.end?.code == .protocolViolation)
        }
    }

    private func gatewayCode(_ body: () async throws -> Void) async -> GatewayError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? GatewayError)?.code
        }
    }
}

struct EndpointBacklogTests {
    /// Nobody waits for log records to be written, so there must not be any number of them; nor are they the other side's fault.
    @Test(.timeLimit(.minutes(1))) func logRecordsAreDroppedWhileNobodyReads() throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let agent = Endpoint(role: .agent, gatewayID: "a", limits: LinkLimits(), logger: logger)
        let record = try Wire.encode(["message": .string(String(repeating: "x", count: 200))] as Value)
        for _ in 0..<20_000 { agent.sendLog(record) }
        let requests = try hello() + frame(.query, 0, try encoded([1, "status"]))
        requests.withUnsafeBytes { agent.received($0) }
        #expect(agent.end == nil)
        let output = try #require(agent.takeOutput())
        #expect(output.count < LinkLimits().answerBacklog)
        // What has been written is let go of when there is nothing more, not only when there is.
        #expect(agent.outputWritten() == nil)
        #expect(output.count == 0)
    }
}
