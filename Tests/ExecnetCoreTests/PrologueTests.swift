//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import ExecnetWire
import Logging
import Testing

/// How an endpoint drives what is said before the first frame.
struct PrologueTests {
    /// Done with the first byte, without having said what it has to say.
    private struct Mute: Prologue {
        var isDone = false
        var isSaid: Bool { false }
        var steps: Int { 0 }
        var work: (@Sendable () async -> any Sendable)?

        mutating func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
            isDone = work == nil
            return bytes.count
        }
        mutating func nextOutput() -> WireBytes? { nil }
        mutating func nextWork() -> (@Sendable () async -> any Sendable)? { work.take() }
        mutating func workDone(_ result: any Sendable) throws(GatewayError) { throw failure(.ended(nil)) }
        func failure(_ end: PrologueEnd) -> GatewayError { GatewayError(.startFailed, "mute") }
    }

    private func endpoint(_ prologue: Mute, _ side: TestSide = TestSide()) -> Endpoint {
        let endpoint = Endpoint(role: .coordinator, gatewayID: "c", limits: LinkLimits(), logger: Logger(label: "test"))
        endpoint.start(link: MemoryLink(endpoint), delegate: side)
        endpoint.begin(with: prologue)
        return endpoint
    }

    @Test func anAgentThatHasSaidHelloIsSpokenTo() throws {
        let side = TestSide()
        let endpoint = endpoint(Mute(), side)
        let hello = Hello(build: "", limits: LinkLimits(), fields: [:])
        try endpoint.sendHello(hello)
        [0].withUnsafeBytes { endpoint.received($0) }
        #expect(endpoint.takeOutput() == nil)
        endpoint.heard(hello)
        #expect(endpoint.takeOutput() != nil)
    }

    @Test(.timeLimit(.minutes(1))) func workOfThisSideIsNoSilenceOfTheOther() async throws {
        let (goOn, going) = AsyncStream<Void>.makeStream()
        let side = TestSide()
        let work: @Sendable () async -> any Sendable = {
            for await _ in goOn {}
            return 0
        }
        let endpoint = endpoint(Mute(work: work), side)
        [0].withUnsafeBytes { endpoint.received($0) }
        var moment = MonotonicTime.now
        #expect(endpoint.prologueStep >= moment)
        moment = .now
        going.finish()
        // The result ends the link.
        for await _ in side.channels {}
        #expect(endpoint.prologueStep >= moment)
        moment = .now
        #expect(endpoint.prologueStep < moment)
    }
}
