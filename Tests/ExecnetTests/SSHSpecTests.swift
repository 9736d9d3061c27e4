//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetTestSupport
import Testing

/// Descriptions of gateways over ssh.
struct SSHSpecTests {
    private static let fingerprint = "SHA256:" + String(repeating: "Ab1+", count: 10) + "Ab0"

    @Test(arguments: SSHOptions.Client.allCases)
    func everyKeyIsReadAndWritten(client: SSHOptions.Client) throws {
        let text = """
            \(client.rawValue)=me@node.example:2222//identity=/k/one '/k/the other'//known_hosts=/k/hosts\
            //jump=a@first:22,[::2]:23//config=/k/config//hostkey=\(Self.fingerprint)//ssh-agent=/k/agent//via=w1//id=w2
            """
        var options = SSHOptions(try SSHDestination(host: "node.example", user: "me", port: 2_222))
        options.client = client
        options.identities = ["/k/one", "/k/the other"]
        options.knownHosts = "/k/hosts"
        options.jumps = [
            try SSHDestination(host: "first", user: "a", port: 22), try SSHDestination(host: "::2", port: 23),
        ]
        options.config = "/k/config"
        options.hostKey = .pinned(try #require(HostKeyFingerprint(Self.fingerprint)))
        options.agent = "/k/agent"
        let spec = try GatewaySpec(text)
        #expect(spec.place == .ssh(options))
        #expect(spec.via == "w1")
        #expect(spec.description == text)
    }

    @Test(arguments: [
        "ssh=host", "ssh2=me@host", "sshcmd=host:2222", "ssh=host//jump=none", "ssh=host//config=none",
        "ssh=host//ssh-agent=none", "ssh=host//hostkey=strict", "ssh=host//hostkey=accept-new",
        "ssh=host//hostkey=insecure", "ssh=host//identity='/k/it'\\''s'",
        "ssh=host//known_hosts=\"/a//b\"//python=python3//chdir=/tmp//env:A=b//nice=3//execution=serial",
    ])
    func whatIsWrittenReadsAsTheSame(text: String) throws {
        let spec = try GatewaySpec(text)
        #expect(spec.description == text)
        #expect(try GatewaySpec(spec.description) == spec)
    }

    @Test func aWayWithoutJumpsIsNotTheConfigurationsWay() throws {
        let place = try GatewaySpec("ssh=host//jump=none").place
        var options = SSHOptions(try SSHDestination("host"))
        #expect(place != .ssh(options))
        options.jumps = []
        #expect(place == .ssh(options))
    }

    @Test(arguments: [
        ("::1", "::1", nil, "[::1]"), ("[::1]", "::1", nil, "[::1]"), ("[::1]:2222", "::1", 2_222, "[::1]:2222"),
        ("fe80::1%eth0", "fe80::1%eth0", nil, "[fe80::1%eth0]"),
        ("2001:db8::22", "2001:db8::22", nil, "[2001:db8::22]"),
    ])
    func addressesOfIPv6(text: String, host: String, port: Int?, written: String) throws {
        for user in [nil, "me"] {
            let prefix = user.map { $0 + "@" } ?? ""
            let spec = try GatewaySpec("ssh=\(prefix)\(text)")
            #expect(spec.place == .ssh(SSHOptions(try SSHDestination(host: host, user: user, port: port))))
            #expect(spec.description == "ssh=\(prefix)\(written)")
        }
    }

    @Test(arguments: [
        ("ssh", "ssh"), ("ssh2=", "ssh2"), ("sshcmd=host:0", "sshcmd"), ("ssh=host:65536", "ssh"),
        ("ssh=host:port", "ssh"), ("ssh=@host", "ssh"), ("ssh=[::1", "ssh"), ("ssh=a:b:c", "ssh"),
        ("ssh=-oProxyCommand=x", "ssh"), ("ssh=a b", "ssh"), ("ssh=host//jump=a,,b", "jump"),
        ("ssh=host//jump=-a", "jump"), ("ssh=host//jump", "jump"), ("ssh=host//identity=", "identity"),
        ("ssh=host//identity='a", "identity"), ("ssh=host//known_hosts=", "known_hosts"),
        ("ssh=host//config", "config"), ("ssh=host//hostkey=maybe", "hostkey"),
        ("ssh=host//hostkey=SHA256:short", "hostkey"), ("ssh=host//ssh-agent=", "ssh-agent"),
        ("popen//identity=/k", "identity"), ("command=env//jump=a", "jump"),
        ("socket=h:1//known_hosts=/k", "known_hosts"),
        ("ssh=host//form=line", "form"), ("ssh=host//key=@/k", "key"), ("ssh=host//server=python", "server"),
        ("ssh=host//identity=/a//identity=/b", "identity"), ("ssh=a//ssh2=b", "ssh and ssh2"),
    ])
    func anErrorNamesTheKey(text: String, key: String) {
        let error = #expect(throws: GatewayError.self) { try GatewaySpec(text) }
        #expect(error?.code == .invalidSpec)
        let names = key.split(separator: " ").contains("and") ? key : "\"\(key)\""
        #expect(error?.message.contains(names) == true, "\(error?.message ?? "")")
    }

    /// Whatever else is wrong with the text, and wherever a reader may take the password to end.
    @Test(
        arguments: ["ssh", "ssh2", "sshcmd", "SSH"],
        [
            "me:canary@host", "me:canary@host//foo=1", "me:canary@host//id", "ssh://me:canary@host",
            "me:ca//nary@host//id=1",
            "\"me:canary@host", "\"me:canary@host\"x", "me:canary@", ":canary@host", "me:x@canary@host:22",
            "me:canary@host//nice=x", "me:12//canary=@host", "h//jump=a,me:canary@b", "h//jump=me:ca,nary@b",
            "h//jump=me:canary@b//hostkey=x", "me:canary@host//ssh=h", "me:canary@host//env:A",
            "=\u{301}me:canary@host", "me:canary@host/",
            "\"me:canary//id=x@host\"",
        ]
    )
    func aPasswordIsNeverQuoted(client: String, rest: String) {
        let error = #expect(throws: GatewayError.self) { try GatewaySpec("\(client)=\(rest)") }
        #expect(error?.code == .invalidSpec)
        for part in ["canary", "nary", "ca//", ":ca"] {
            #expect(error.map { String(reflecting: $0) }?.contains(part) == false, "\(error?.message ?? "")")
        }
    }

    /// What only looks like one does not hide what is wrong.
    @Test(arguments: ["ssh=me@[::1]:22//foo=1", "ssh=h//jump=a:22,me@b:23//nice=x", "ssh=me@h:22//env:A=b:c@d//foo=1"])
    func withoutAPasswordTheTextIsQuoted(text: String) {
        let error = #expect(throws: GatewayError.self) { try GatewaySpec(text) }
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
    }
}
