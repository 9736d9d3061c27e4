//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetCore
import ExecnetSystem
import ExecnetTestSupport
import ExecnetWire
import Testing

/// A coordinator that breaks the protocol: the agent says so, closes the link and ends, with all that it runs.
@Suite(.leavesNothingBehind)
struct HostileCoordinatorTests {
    private static let hostilities = Hostility.allCases.filter { $0 != .executionByTheAgent }

    @Test(.timeLimit(.minutes(1)), arguments: [GatewayKind.native, .python], hostilities)
    func theAgentEnds(kind: GatewayKind, hostility: Hostility) async throws {
        let link = try HostileLink(to: kind)
        if !hostility.comesFirst {
            try await link.send(hello())
            try await link.send(sleepers)
            // Its first line: the program and what it started run.
            try await link.hear(.item)
        }
        for _ in 0..<hostility.repetitions { try await link.send(hostility.bytes(byAgent: false)) }
        let goodbye = try await link.hear(.goodbye)
        #expect(goodbye["code"]?.string == (hostility == .otherVersion ? "version" : "protocol"))
        #expect(goodbye["message"]?.string?.isEmpty == false)
        await link.hearEnd()
        // The check around the test sees to it that the agent and the sleepers go.
    }

    private var sleepers: [UInt8] {
        get throws {
            let script = "sleep 1000 & setsid sleep 1000 & echo started; wait"
            let program: Value = ["kind": "shell", "script": .string(script), "arguments": []]
            return frame(.open, 1, try Wire.encode(program).withUnsafeBytes { [UInt8]($0) })
        }
    }
}

/// The link to an agent, to write anything on.
private final class HostileLink {
    private let reader: DescriptorReader
    private let writer: DescriptorWriter
    private var heard: [UInt8] = []
    // Held open: an agent that cannot print is another test.
    private let errors: Descriptor

    init(to kind: GatewayKind) throws {
        let isPython = kind.isPython
        var plan = ProcessPlan(executable: ExecutablePath.running, arguments: ["agent"])
        if isPython {
            let path = try #require(ExecutablePath.find("python3"))
            plan = ProcessPlan(executable: path, arguments: PythonAgent.arguments(["python3"]))
        }
        plan.markAsAgent(of: "hostile")
        let process = try LocalProcess(starting: plan)
        errors = process.errors
        reader = try DescriptorReader(process.link, poller: process.poller)
        writer = try DescriptorWriter(process.link, poller: process.poller)
        preamble = isPython ? PythonAgent.source : []
    }

    private var preamble: [UInt8]

    /// Sends as much as the agent takes: it may have closed the link before the end.
    func send(_ bytes: [UInt8]) async throws {
        _ = await writer.write(preamble + bytes)
        preamble = []
    }

    /// Reads up to the next frame of this type; its payload.
    @discardableResult
    func hear(_ type: FrameType) async throws -> Value {
        while true {
            while heard.count < FrameHeader.size { try await hearMore() }
            let header = try heard.withUnsafeBytes { try FrameHeader(parsing: $0) }
            while heard.count < FrameHeader.size + Int(header.length) { try await hearMore() }
            let payload = heard[FrameHeader.size..<(FrameHeader.size + Int(header.length))]
            heard.removeFirst(FrameHeader.size + Int(header.length))
            if header.type == type { return try Wire.decode(Value.self, from: WireBytes(Array(payload))) }
        }
    }

    private func hearMore() async throws { heard += try #require(await reader.next(), "the agent closed the link") }

    /// Waits until the agent has closed the link.
    func hearEnd() async { while await reader.next() != nil {} }
}
