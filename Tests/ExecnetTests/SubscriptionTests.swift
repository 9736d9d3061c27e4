//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetTestSupport
import Synchronization
import Testing

/// Subscribers (items 18 to 27 of the contract).
@Suite(.leavesNothingBehind)
struct SubscriptionTests {
    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item18SubscriberGetsTheRestInOrder(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await counting(far)
            #expect(try await channel.receive(as: Int.self) == 0)
            #expect(try await channel.receive(as: Int.self) == 1)
            let record = Record()
            channel.subscribe(record.subscriber)
            try await channel.send("more")
            try await channel.waitClose()
            #expect(record.entries == (2..<10).map { .item(.int($0)) } + [.end(nil)])
        }
    }

    /// Sends 0 to 4, and 5 to 9 after an item.
    private func counting(_ far: GatewayUnderTest) async throws -> Channel {
        try await far.exec(
            python: """
                for n in range(5): channel.send(n)
                channel.receive()
                for n in range(5, 10): channel.send(n)
                """
        ) { channel in
            for n in 0..<5 { try await channel.send(n) }
            _ = try await channel.receive(as: Value.self)
            for n in 5..<10 { try await channel.send(n) }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item19ReceiveAfterSubscribeIsAnError(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.echo()
            let record = Record()
            channel.subscribe(record.subscriber)
            await expectChannelError(.subscribed) { try await channel.receive(as: Int.self) }
            try await channel.send(1)
            channel.end()
            try await channel.waitClose()
            #expect(record.entries == [.item(1), .end(nil)])
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func unsubscribingMakesReceivePossibleAgain(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.echo()
            let record = Record()
            let subscriber = record.subscriber
            channel.subscribe(subscriber)
            channel.subscribe(subscriber)
            channel.unsubscribe(subscriber)
            try await channel.send(1)
            #expect(try await channel.receive(as: Int.self) == 1)
            #expect(record.entries.isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item20WaitCloseWaitsForSlowSubscribers(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await counting(far)
            let gate = Gate()
            let record = Record()
            channel.subscribe(
                Subscriber(itemsAs: Int.self) { n in
                    if n == 9 { await gate.wait() }
                    record.add(.item(.int(Int64(n))))
                }
            )
            try await channel.send("more")
            await expectChannelError(.timedOut) { try await channel.waitClose(timeout: .milliseconds(200)) }
            gate.open()
            try await channel.waitClose()
            #expect(record.entries.count == 10)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item21EndComesOnceAndLast(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(python: "for n in range(3): channel.send(n)") { channel in
                for n in 0..<3 { try await channel.send(n) }
            }
            let record = Record()
            channel.subscribe(record.subscriber)
            try await channel.waitClose()
            #expect(record.entries == [.item(0), .item(1), .item(2), .end(nil)])
            try channel.close()
            try await far.expectUsable()
            #expect(record.entries.count == 4)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item22EndComesWithTheErrorOfTheFarCode(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(python: "channel.send(1); raise ValueError('wrong turn')") { channel in
                try await channel.send(1)
                throw WrongTurn()
            }
            let record = Record()
            channel.subscribe(record.subscriber)
            await expectRemoteError("wrong turn") { try await channel.waitClose() }
            #expect(record.entries == [.item(1), .end("RemoteError")])
            await expectRemoteError("wrong turn") { try await channel.waitClose() }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item23EndComesWhenTheFarProcessIsKilled(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.waiter()
            let record = Record()
            channel.subscribe(record.subscriber)
            killProcess(try await far.gateway.info().pid)
            await expectGatewayError(.agentEnded) { try await channel.waitClose() }
            #expect(record.entries == [.end("GatewayError")])
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item24SubscriberGoesOnWhenTheHandleIsDropped(kind: GatewayKind) async throws {
        try await kind.open { far in
            let (ends, end) = AsyncStream.makeStream(of: Int.self)
            try await subscribe(far, end)
            var received: Int?
            for await count in ends {
                received = count
                break
            }
            #expect(received == 10)
        }
    }

    private func subscribe(_ far: GatewayUnderTest, _ end: AsyncStream<Int>.Continuation) async throws {
        let channel = try await counting(far)
        let record = Record()
        channel.subscribe(
            Subscriber(
                onItem: { item, _ in record.add(.item(item)) },
                onEnd: { _ in end.yield(record.entries.count) }
            )
        )
        try await channel.send("more")
        channel.end()
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item26AThrowingSubscriberClosesItsChannelOnly(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(
                python: """
                    reports = channel.receive()
                    channel.send(1)
                    try:
                        channel.waitclose()
                    except channel.RemoteError as error:
                        reports.send(str(error))
                    try:
                        channel.send(2)
                    except OSError:
                        reports.send("refused")
                    reports.close()
                    """
            ) { channel in
                let reports = try await channel.receive(as: Channel.self)
                try await channel.send(1)
                await Task {
                    do {
                        try await channel.waitClose()
                    } catch {
                        try? await reports.send("\(error)")
                    }
                    do {
                        try await channel.send(2)
                    } catch {
                        try? await reports.send("refused")
                    }
                    try? reports.close()
                }.value
            }
            let reports = far.gateway.newChannel()
            let other = try await far.echo()
            channel.subscribe(Subscriber(itemsAs: Int.self) { _ in throw WrongTurn() })
            try await channel.send(reports)
            #expect(try await reports.receive(as: String.self).contains("wrong turn"))
            #expect(try await reports.receive(as: String.self) == "refused")
            try await other.send(1)
            #expect(try await other.receive(as: Int.self) == 1)
            try await far.expectUsable()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item27AProgramCannotCloseItsOwnChannel(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(
                python: """
                    try:
                        channel.close()
                    except OSError as error:
                        channel.send(str(error))
                    """
            ) { channel in
                do {
                    try channel.close()
                } catch {
                    try await channel.send("\(error)")
                }
            }
            #expect(try await channel.receive(as: String.self).contains("return"))
            try await channel.waitClose()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func aSlowSubscriberHoldsUpItsChannelOnly(kind: GatewayKind) async throws {
        try await kind.open { far in
            let gate = Gate()
            let slow = try await far.echo()
            slow.subscribe(Subscriber(itemsAs: Int.self) { _ in await gate.wait() })
            for n in 0..<10 { try await slow.send(n) }
            try await far.expectUsable()
            gate.open()
            slow.end()
            try await slow.waitClose()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func farSubscribersGetItemsAndBindings(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(
                python: """
                    channel.subscribe(lambda item: channel.send(["item", item]),
                                      lambda **pairs: channel.send(["set", pairs]))
                    channel.send("ready")
                    channel.waitclose()
                    """
            ) { channel in
                channel.subscribe(
                    Subscriber(
                        onItem: { item, channel in try await channel.send(["item", item] as Value) },
                        onBindings: { values, channel in
                            let map = Value.map(ValueMap(values.map { (key: .string($0), value: $1) }))
                            try await channel.send(["set", map] as Value)
                        }
                    )
                )
                try await channel.send("ready")
                try await channel.waitClose()
            }
            // Only changes after the subscription are passed on.
            #expect(try await channel.receive(as: String.self) == "ready")
            try await channel.send(1)
            try await channel.set(["a": 2])
            try await channel.send(3)
            #expect(try await channel.receive(as: Value.self) == ["item", 1])
            #expect(try await channel.receive(as: Value.self) == ["set", ["a": 2]])
            #expect(try await channel.receive(as: Value.self) == ["item", 3])
            channel.end()
            try await channel.waitClose()
        }
    }
}

/// What a subscriber was called with.
final class Record: Sendable {
    enum Entry: Equatable, Sendable {
        case item(Value)
        case bindings([String: Value])
        /// With the type of the error.
        case end(String?)
    }

    private let list = Mutex<[Entry]>([])

    var entries: [Entry] { list.withLock { $0 } }
    func add(_ entry: Entry) { list.withLock { $0.append(entry) } }

    var subscriber: Subscriber {
        Subscriber(
            onItem: { item, _ in self.add(.item(item)) },
            onBindings: { values, _ in self.add(.bindings(values)) },
            onEnd: { error in self.add(.end(error.map { "\(type(of: $0))" })) }
        )
    }
}

/// Lets those who wait go on once it is opened.
final class Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func open() { continuation.finish() }
    func wait() async { for await _ in stream {} }
}
