//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSSH
import ExecnetTestSupport
import Testing

struct SSHDestinationTests {
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("host", "host", nil, nil, "host"),
            ("joe@host", "host", "joe", nil, "joe@host"),
            ("joe@host:2222", "host", "joe", 2_222, "joe@host:2222"),
            ("host.example.:22", "host.example.", nil, 22, "host.example.:22"),
            ("a@b@host", "host", "a@b", nil, "a@b@host"),
            ("::1", "::1", nil, nil, "[::1]"),
            ("[::1]", "::1", nil, nil, "[::1]"),
            ("[::1]:22", "::1", nil, 22, "[::1]:22"),
            ("joe@[fe80::1%eth0]:65535", "fe80::1%eth0", "joe", 65_535, "joe@[fe80::1%eth0]:65535"),
            ("joe@2001:db8::22", "2001:db8::22", "joe", nil, "joe@[2001:db8::22]"),
            ("[host]:1", "host", nil, 1, "host:1"),
            ("ssh://joe@host:22/", "host", "joe", 22, "joe@host:22"),
            ("DOMAIN\\joe@host", "host", "DOMAIN\\joe", nil, "DOMAIN\\joe@host"),
        ] as [(String, String, String?, Int?, String)]
    )
    func reads(_ text: String, host: String, user: String?, port: Int?, printed: String) throws {
        let destination = try SSHDestination(text)
        #expect(destination.host == host && destination.user == user && destination.port == port)
        #expect(destination.description == printed)
        #expect(try SSHDestination(printed) == destination)
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("", .emptyHost), ("joe@", .emptyHost), (":22", .emptyHost), ("[]:22", .emptyHost), ("@host", .emptyUser),
            ("host:", .port), ("host:0", .port), ("host:65536", .port), ("host:+22", .port), ("host:x", .port),
            ("[::1]:", .port), ("host:99999999999999999999", .port),
            ("[::1", .address), ("[::1]22", .address), ("host:22:33", .address), ("1:2:3", .address),
            ("-oProxyCommand=x", .host), ("a b", .host), ("a;b", .host), ("$(x)", .host), ("a\nb", .host),
            ("a,b", .host),
            ("-l@host", .user), ("joe;x@host", .user), ("joe -x@host", .user), ("`x`@host", .user),
            ("joe\\@host", .user),
            ("joe:secret@host", .password), ("joe:se:cr@et@host:99999", .password), ("joe:secret@host:x", .password),
            ("joe:secret@[::1", .password),
            (":secret@host", .password),
        ] as [(String, SSHDestination.Failure)]
    )
    func refuses(_ text: String, _ failure: SSHDestination.Failure) {
        let error = #expect(throws: SSHDestination.Failure.self) { try SSHDestination(text) }
        #expect(error == failure, "\(text)")
    }

    @Test(.timeLimit(.minutes(1))) func partsAreCheckedAlike() throws {
        #expect(throws: SSHDestination.Failure.password) { try SSHDestination(host: "host", user: "joe:x") }
        #expect(throws: SSHDestination.Failure.port) { try SSHDestination(host: "host", port: 0) }
        #expect(throws: SSHDestination.Failure.address) { try SSHDestination(host: "host:22") }
        #expect(try SSHDestination(host: "::1", port: 22).description == "[::1]:22")
    }

    @Test(.timeLimit(.minutes(1))) func whatIsPrintedReadsAsTheSame() throws {
        var random = SplitMix(state: 4)
        for _ in 0..<2_000 {
            let host = ["host", "10.0.0.1", "::1", "fe80::2%lo", "x-y.example"].randomElement(using: &random) ?? ""
            let user = [nil, "joe", "joe@corp", "J. Doe"].randomElement(using: &random) ?? nil
            let port = Bool.random(using: &random) ? Int.random(in: 1...65_535, using: &random) : nil
            let destination = try SSHDestination(host: host, user: user, port: port)
            #expect(try SSHDestination(destination.description) == destination)
        }
    }
}
