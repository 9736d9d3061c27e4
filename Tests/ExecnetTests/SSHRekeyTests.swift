//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetTestSupport
import Testing

/// Keys that a server changes while bytes flow.
@Suite(.leavesNothingBehind)
struct SSHRekeyTests {
    @Test(.timeLimit(.minutes(5)), arguments: ["ssh2", "ssh2//jump=bastion"])
    func newKeysAfterEachMegabyteCostNoByte(way: String) async throws {
        let count = 200
        let items = PatternedItems(size: 1 << 20)
        try await TestSSHServer.with(SSHServerOptions("RekeyLimit 1M", "LogLevel DEBUG1")) { server in
            let words = way.split(separator: "/", maxSplits: 1).map { String($0) }
            let spec = server.spec(words[0]) + (words.count > 1 ? "/" + words[1] : "")
            try await withGateway(spec, configuration: .quiet) { gateway in
                let channel = try await GatewayUnderTest(kind: .ssh, gateway: gateway).echo()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for number in 0..<count { try await channel.send(items.item(number)) }
                        channel.end()
                    }
                    group.addTask {
                        for number in 0..<count {
                            let item = try await channel.receive(as: [UInt8].self)
                            #expect(items.isItem(item, number))
                        }
                        try await channel.waitClose()
                    }
                    try await group.waitForAll()
                }
            }
            let changes = server.log.lines.filter { $0.contains("set_newkeys: rekeying") }.count
            #expect(changes >= 2 * count, "\(changes) changes of keys")
        }
    }
}
