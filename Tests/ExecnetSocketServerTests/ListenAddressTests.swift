//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTLS
import Testing

@testable import ExecnetSocketServer

@Suite struct ListenAddressTests {
    @Test func everyFormIsRead() throws {
        #expect(try ListenAddress("localhost:8888") == .standard)
        #expect(try ListenAddress("0.0.0.0:0") == .tcp(host: "0.0.0.0", port: 0))
        #expect(try ListenAddress("[::1]:65535") == .tcp(host: "::1", port: 65_535))
        #expect(try ListenAddress("unix:/run/a b.socket") == .unix(path: "/run/a b.socket"))
        #expect(try ListenAddress("fd:3") == .inherited(3))
    }

    @Test(arguments: [
        "", "localhost", "localhost:", "localhost:x", "localhost:65536", "localhost:-1", ":8888", "[]:1", "::1:8888",
        "unix:",
        "unix:/" + String(repeating: "x", count: 107), "fd:", "fd:x", "fd:-1",
    ])
    func anythingElseIsAnError(text: String) {
        #expect(throws: SocketServerError.self) { try ListenAddress(text) }
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("::ffff:127.0.0.1", true), ("0.0.0.0", false),
        ("10.0.0.1", false), ("::", false), ("fe80::1", false), ("::ffff:10.0.0.1", false), ("::127.0.0.1", false),
        ("::2", false), ("128.0.0.1", false),
    ])
    func thisMachineOnlyIsLocal(host: String, isLocal: Bool) throws {
        for address in try SystemAddress.resolve(host: host, port: 1) { #expect(address.isLocal == isLocal) }
        #expect(SystemAddress(unix: "/x").isLocal)
    }

    @Test func addressesAreWrittenAsTheyAreRead() throws {
        #expect(try SystemAddress.resolve(host: "127.0.0.1", port: 80).map(\.text) == ["127.0.0.1:80"])
        #expect(try SystemAddress.resolve(host: "::1", port: 80).map(\.text) == ["[::1]:80"])
        #expect(SystemAddress(unix: "/run/x").text == "unix:/run/x")
    }
}
