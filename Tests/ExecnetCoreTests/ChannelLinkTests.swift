//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import ExecnetWire
import Logging
import Testing

/// A link inside a channel, with both of its ends in memory.
struct ChannelLinkTests {
    /// An inner coordinator and an inner agent, whose link is the channel of an outer pair.
    private struct Inner {
        let mine: Channel
        let theirs: Channel
        let coordinator: Endpoint
        let agent: Endpoint
    }

    private func withInner(_ body: (Inner, Ends) async throws -> Void) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let poller = try PollerThread.shared()
        try await withEnds { outer in
            let coordinator = Endpoint(role: .coordinator, gatewayID: "in", limits: LinkLimits(), logger: logger)
            let agent = Endpoint(role: .agent, gatewayID: "in", limits: LinkLimits(), logger: logger)
            let sides = (TestSide(), TestSide())
            let links = (
                ChannelLink(outer.mine, poller: poller, endpoint: coordinator),
                ChannelLink(outer.theirs, poller: poller, endpoint: agent)
            )
            coordinator.start(link: links.0, delegate: sides.0)
            agent.start(link: links.1, delegate: sides.1)
            defer {
                coordinator.finish(GatewayError(.closed, "done"))
                agent.finish(GatewayError(.closed, "done"))
            }
            links.0.start()
            links.1.start()
            for endpoint in [coordinator, agent] {
                try endpoint.sendHello(Hello(build: "", limits: LinkLimits(), fields: [:]))
            }
            let core = try coordinator.perform { multiplexer throws(ChannelError) in
                let core = multiplexer.makeChannel(attached: true)
                _ = multiplexer.sendAtOnce(.open, .filled(3), on: core)
                return core
            }
            var channels = sides.1.channels.makeAsyncIterator()
            let theirs = try #require(await channels.next())
            let mine = Channel(core: core, endpoint: coordinator)
            try await body(Inner(mine: mine, theirs: theirs, coordinator: coordinator, agent: agent), outer)
        }
    }

    @Test(.timeLimit(.minutes(1))) func itemsOfAllSizesGoThereAndBack() async throws {
        try await withInner { inner, _ in
            async let echo: Void = {
                for try await item in inner.theirs.items(as: [UInt8].self) { try await inner.theirs.send(item) }
            }()
            for size in [0, 1, 500, 65_000, 65_533, 65_536, 200_000, 3_000_000] {
                let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 13) }
                async let sending: Void = inner.mine.send(bytes)
                #expect(try await inner.mine.receive(as: [UInt8].self) == bytes)
                try await sending
            }
            inner.mine.end()
            try await echo
        }
    }

    /// A channel that nobody reads takes no more than its window, and the others go on.
    @Test(.timeLimit(.minutes(1))) func innerChannelsAreFair() async throws {
        try await withInner { inner, _ in
            let stuck = Task { try await inner.mine.send([UInt8](repeating: 1, count: 64 << 20)) }
            let fresh = inner.theirs.newChannel()
            try await inner.theirs.send(fresh)
            let other = try await inner.mine.receive(as: Channel.self)
            for number in 0..<100 {
                try await other.send(number)
                #expect(try await fresh.receive(as: Int.self) == number)
            }
            stuck.cancel()
            _ = await stuck.result
        }
    }

    @Test(.timeLimit(.minutes(1))) func theEndOfTheOuterLinkEndsTheInnerOneAndNamesIt() async throws {
        try await withInner { inner, outer in
            async let receiving = failure { _ = try await inner.mine.receive(as: Int.self) }
            outer.coordinator.finish(GatewayError(.agentEnded, "it was killed"))
            let error = await receiving
            #expect(error?.code == .connectionLost)
            #expect(error?.message.contains("\"c\"") == true && error?.message.contains("it was killed") == true)
        }
    }

    @Test(.timeLimit(.minutes(1))) func theEndOfTheChannelEndsTheInnerLink() async throws {
        try await withInner { inner, outer in
            async let receiving = failure { _ = try await inner.mine.receive(as: Int.self) }
            try outer.theirs.close(error: "no more")
            let error = await receiving
            #expect(error?.code == .connectionLost && error?.message.contains("no more") == true)
        }
    }

    @Test(.timeLimit(.minutes(1))) func whatIsNoByteStringEndsTheInnerLink() async throws {
        try await withInner { inner, outer in
            async let receiving = failure { _ = try await inner.mine.receive(as: Int.self) }
            try await outer.theirs.send("text")
            #expect(await receiving?.code == .protocolViolation)
        }
    }

    @Test(.timeLimit(.minutes(1))) func disconnectingClosesTheChannel() async throws {
        try await withInner { inner, outer in
            inner.coordinator.finish(GatewayError(.closed, "enough"))
            try await outer.theirs.waitClose()
        }
    }

    private func failure(_ body: () async throws -> Void) async -> GatewayError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? GatewayError
        }
    }
}

/// Attaching a sink to a channel of a live endpoint.
struct AttachTests {
    @Test(.timeLimit(.minutes(1))) func theEndComesAfterTheItems() async throws {
        try await withEnds { ends in
            let sink = TestSink()
            try await ends.mine.send(1)
            // One that came before the sink, and many after.
            _ = await ends.theirLink.hears(1)
            ends.theirs.endpoint.attach(sink, to: ends.theirs.core)
            for number in 2..<200 { try await ends.mine.send(number) }
            ends.mine.end()
            try await ends.theirs.waitClose()
            try ends.mine.close(error: "over")
            await #expect(throws: RemoteError.self) {
                while true {
                    try await ends.theirs.waitClose()
                    await Task.yield()
                }
            }
            var told = sink.told()
            while told.last != .closed("over") {
                await Task.yield()
                told += sink.told()
            }
            let numbers = try told.compactMap { event -> Int? in
                guard case .item(let bytes, _) = event else { return nil }
                return try bytes.withUnsafeBytes { try Wire.decode(Int.self, from: $0) }
            }
            #expect(numbers == Array(1..<200))
            #expect(Array(told.suffix(2)) == [.end, .closed("over")])
        }
    }

    @Test(.timeLimit(.minutes(1))) func aSinkOfAChannelThatIsOverIsToldSoAtOnce() async throws {
        try await withEnds { ends in
            try await ends.mine.send("last")
            try ends.mine.close(error: "over")
            await #expect(throws: RemoteError.self) { try await ends.theirs.waitClose() }
            let sink = TestSink()
            ends.theirs.endpoint.attach(sink, to: ends.theirs.core)
            let told = sink.told()
            #expect(told.count == 2 && told.last == .closed("over"))
        }
    }

    @Test(.timeLimit(.minutes(1))) func theEndOfTheLinkIsTold() async throws {
        try await withEnds { ends in
            let sink = TestSink()
            ends.theirs.endpoint.attach(sink, to: ends.theirs.core)
            ends.agent.finish(GatewayError(.connectionLost, "gone"))
            #expect(sink.told() == [.closed("gone")])
        }
    }
}
