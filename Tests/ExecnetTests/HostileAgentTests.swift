//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetSystem
import ExecnetTestSupport
import ExecnetWire
import Testing

/// An agent that breaks the protocol: a typed error for whoever waits, and nothing of it is left, although it ends neither
/// with its link nor when asked to.
@Suite(.leavesNothingBehind)
struct HostileAgentTests {
    @Test(.timeLimit(.minutes(1)), arguments: Hostility.allCases.filter(\.comesFirst))
    func item55OpeningFailsWithAnotherVersion(hostility: Hostility) async throws {
        let spec = spec(hostility, try hostility.bytes(byAgent: true))
        let error = await expectGatewayError(hostility == .otherVersion ? .versionMismatch : .protocolViolation) {
            try await Gateway.open(spec, configuration: .quiet)
        }
        #expect(error?.gateway == hostility.rawValue)
    }

    /// All at once, because each agent is given two seconds to go by itself.
    @Test(.timeLimit(.minutes(1)))
    func everyWaiterEnds() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for hostility in Hostility.allCases where !hostility.comesFirst {
                group.addTask { try await everyWaiterEnds(hostility) }
            }
            try await group.waitForAll()
        }
    }

    private func everyWaiterEnds(_ hostility: Hostility) async throws {
        let spec = spec(hostility, try hello(), try hostility.bytes(byAgent: true))
        let gateway = try await Gateway.open(spec, configuration: .quiet)
        let channel = try await gateway.remoteExec(.python("pass"))
        let status = Task { _ = try await gateway.status() }
        let closing = Task { try await channel.waitClose() }
        // A channel that was closed before is none that has to be told.
        for waiting in hostility == .closedChannel ? [status] : [status, closing] {
            let error = await expectGatewayError(.protocolViolation) { try await waiting.value }
            #expect(error?.gateway == hostility.rawValue, "\(hostility)")
        }
        #expect(!gateway.isOpen, "\(hostility)")
        await expectGatewayError(.protocolViolation) { try await gateway.remoteExec(.python("pass")) }
        // Nobody has to close it for its process to go: the check around the test sees to that.
    }

    /// A gateway to a program that sends `first`, waits until it is asked to run something, sends `then`, and stays.
    private func spec(_ hostility: Hostility, _ first: [UInt8], _ then: [UInt8] = []) -> GatewaySpec {
        let script = """
            import os, re, signal, struct, sys, time
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            def read(size):
                data = b""
                while len(data) < size:
                    more = os.read(0, size - len(data))
                    if not more: break
                    data += more
                return data
            def write(text):
                data = bytes.fromhex(text)
                try:
                    while data: data = data[os.write(1, data):]
                except OSError: pass
            read(int(re.search("<([0-9]+)", sys.argv[-1]).group(1)))
            write(sys.argv[1])
            while True:
                head = read(16)
                if len(head) < 16: break
                size, kind = struct.unpack(">IB", head[:5])
                read(size)
                if kind == 16:
                    write(sys.argv[2] * \(hostility.repetitions))
                    break
            time.sleep(1000)
            """
        var spec = GatewaySpec()
        spec.id = hostility.rawValue
        spec.python = ["python3", "-c", script, hexadecimal(first), hexadecimal(then)]
        return spec
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
