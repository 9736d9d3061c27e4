//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

@testable import ExecnetSSH

/// Configurations read by us and by the installed OpenSSH, which must agree.
@Suite(.enabled(if: OpenSSHOracle.isInstalled)) struct SSHConfigOracleTests {
    /// `FOLDER` is one with the files of `included`.
    private static let included = [
        "plain": "User fromplain\nPort 2001\n",
        "blocks": "User before\nHost other\n  Port 2002\nHost alpha\n  Port 2003\n",
        "again": "Include FOLDER/plain\nIdentityFile ~/again\n",
        "final": "Match final\n  User infinal\n",
        "part.1": "IdentityFile /part1\nUser part1\n",
        "part.2": "IdentityFile /part2\nUser part2\n",
        "loop": "Include FOLDER/loop\n",
        "bad": "Nonsense 1\n",
    ]

    static let valid: [String] = [
        "",
        "# only a comment\n\n   \t \n  # another",
        "User joe\nUser jane",
        "hostname example.org\nUSER Joe",
        "HostName EXAMPLE.Org\nHostKeyAlias Alias.Example",
        "HostName %h.example.org",
        "HostName 100%%.%h",
        "HostName 127.1",
        "HostName FE80::1",
        "HostName 0:0:0:0:0:0:0:1",
        "AddressFamily inet\nHostName 0:0:0:0:0:0:0:1",
        "AddressFamily INET6\nBindAddress 192.0.2.1",
        "Host alpha\n  User a\nHost beta\n  User b\nHost *\n  User c\n  Port 2200",
        "Host al* !alpha\n User a\nHost *\n User b",
        "Host ALPHA\n User a\nHost al?ha\n User b",
        "Host alpha,beta\n User a\nHost \"alpha\" 'gamma'\n User b",
        "Host !alpha\n User a\nHost * !beta\n User b",
        "Host *.example.org 10.* alph*a\n User a",
        "Host #alpha\n User a",
        "Port=2022\nUser = joe\nHostName\t=\tx\nIdentityFile=~/a",
        "  Port   2022   \r\nUser joe\t",
        "User \"joe\"\nIdentityFile \"/a b/c\"\nIdentityFile '/d \"e'",
        "IdentityFile /a\\ b\nIdentityFile \"/c\\\"d\"\nIdentityFile /e\\f",
        "\"User\" joe # comment",
        "IdentityFile ~/one\nIdentityFile ~/two\nIdentityFile ~/one\nIdentityFile none",
        "IdentityFile none",
        "IdentityFile ~/.ssh/%r@%h-%n:%p-%u-%i-%d-%l-%L-%k-%%\nHostKeyAlias KEYS",
        "UserKnownHostsFile ~/.ssh/%r@%h-%n:%p-%u-%i-%d-%l-%L-%k-%%\nHostName x.example",
        "UserKnownHostsFile /hosts/%C\nHostName x.example\nPort 2200\nUser joe",
        "UserKnownHostsFile ${PLACE}/x${EMPTY} ~root/y ~\nHostKeyAlias KEYS",
        "UserKnownHostsFile none\nGlobalKnownHostsFile NONE",
        "UserKnownHostsFile /a /b\nUserKnownHostsFile /c\nGlobalKnownHostsFile ~/g /h",
        "CertificateFile ~/cert\nCertificateFile /cert2\nCertificateFile ~/cert",
        "IdentityAgent ~/agent\nIdentitiesOnly TRUE",
        "IdentityAgent ${PLACE}/agent.%r",
        "StrictHostKeyChecking no\nHashKnownHosts yes",
        "StrictHostKeyChecking accept-new",
        "StrictHostKeyChecking off",
        "StrictHostKeyChecking Ask\nStrictHostKeyChecking yes",
        "ConnectTimeout 10\nServerAliveInterval 1m30s\nServerAliveCountMax 5",
        "ConnectTimeout none\nConnectTimeout 1h\nServerAliveInterval none\nServerAliveInterval 2w3d",
        "ConnectTimeout 1m1",
        "BatchMode yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no",
        "ChallengeResponseAuthentication no\nPubkeyAuthentication unbound",
        "PubkeyAuthentication host-bound\nPubkeyAuthentication no",
        "DSAAuthentication no\nPreferredAuthentications publickey,password",
        "ProxyJump bastion",
        "ProxyJump joe@bastion:2200",
        "ProxyJump one,two@two,three:33",
        "ProxyJump ssh://joe@bastion:2200",
        "ProxyJump [2001:db8::1]:2200,10.0.0.1",
        "ProxyJump none",
        "ProxyJump NONE\nProxyJump bastion",
        "ProxyCommand nc -x proxy:1080 \"%h\" %p # %n %r\nProxyJump bastion",
        "ProxyCommand none\nProxyJump bastion\nProxyCommand nc %h %p",
        "ProxyCommand=nc %h %p",
        "ProxyCommand = exec nc %%h 'a  b'",
        "ProxyJump bastion\nProxyCommand nc %h %p",
        "Ciphers aes128-ctr,aes256-ctr",
        "Ciphers +3des-cbc\nMACs -umac*,*-etm@openssh.com",
        "Ciphers ^aes256-ctr,3des-cbc\nKexAlgorithms ^ecdh-sha2-nistp521",
        "Ciphers -*gcm*\nKexAlgorithms -diffie*\nKexAlgorithms +curve25519-sha256",
        "HostKeyAlgorithms ssh-ed25519\nPubkeyAcceptedAlgorithms +ssh-rsa",
        "HostKeyAlgorithms ^ecdsa*,ssh-ed25519\nPubkeyAcceptedKeyTypes -*cert*",
        "HostKeyAlgorithms +ssh-rsa,ssh-dss\nMACs hmac-sha2-256",
        "Match all\n User a\nMatch !all\n Port 23",
        "Match host alpha\n User a\nMatch host beta\n User b",
        "Match host ALPH*,!beta\n User a\n Match host *\n Port 23",
        "Match host=alpha user=root\n Port 23\nMatch user joe\n Port 24",
        "User joe\nMatch user joe\n Port 24\nMatch user Joe\n IdentityFile /no",
        "HostName x.example\nMatch host alpha\n User a\nMatch host *.example originalhost alpha\n User b",
        "Match !host alpha\n User a\nMatch !host beta !user x\n User b",
        "Match localuser root,joe\n User a\nMatch localuser \"nobody\"\n Port 23",
        "Match originalhost \"alpha\" # comment\n User a",
        "Match final\n User a\nHost *\n User b",
        "Match !final\n User a\nMatch final all\n Port 23",
        "HostName x.example\nHost x.example\n User a\nMatch final host x.example\n Port 23",
        "HostName X.Example\nMatch canonical\n User a\nMatch final\n IdentityFile /f\nHost *\n IdentityFile /g",
        "Match final\n HostName other\n User %h\nHost x\n Port 23",
        "HostName beta\nMatch host nothing final\nHost beta\n  User second",
        "Include FOLDER/plain\nUser late",
        "Include FOLDER/blocks\nIdentityFile ~/after",
        "Host beta\n Include FOLDER/plain\n Port 23\nHost *\n User c",
        "Host beta\n Include FOLDER/blocks\n User inbeta",
        "Include FOLDER/part.*\nInclude FOLDER/none.*",
        "Include \"FOLDER/part.2\" FOLDER/part.1 # comment",
        "Include FOLDER/again\nInclude FOLDER/again",
        "Host beta\n Include FOLDER/final\n",
        "Match user nobody\n Include FOLDER/blocks\nUser x\nHost *\nPort 23",
        "IgnoreUnknown nonsense,other*\nNonsense a b c\nOtherThing = 1\nUser joe",
        "Host beta\n IgnoreUnknown F*\nHost *\n IgnoreUnknown *\nFoo bar",
        "Protocol 2\nUsePrivilegedPort no\nCipher blowfish\nUser joe",
        "ForwardAgent yes\nLocalForward 8080 localhost:80\nSendEnv LANG LC_*\nSetEnv A=b\nControlMaster auto\nUser a",
        "RekeyLimit 1G 1h\nIPQoS none\nLogLevel QUIET\nTCPKeepAlive no\nRequestTTY force\nUser b",
        "PermitLocalCommand yes\nLocalCommand echo \"%h\" it\nCompression yes\nEscapeChar ^B\nCheckHostIP no\nUser c",
        "GSSAPIAuthentication yes\nVerifyHostKeyDNS ask\nHostbasedAuthentication no\nUpdateHostKeys no\nUser d",
        "UserKnownHostsFile\t\"/a b\" /c\nHostKeyAlias \"MiXed\"\nBindAddress=::1",
    ]

    static let refused: [String] = [
        "Nonsense 1",
        "Nonsense 1\nIgnoreUnknown nonsense",
        "User",
        "User \"\"",
        "User joe jane",
        "User\"x\"",
        "Port 22#23",
        "User \"joe",
        "User 'joe",
        "Host beta\n Port nothing",
        "Port 0",
        "Port 65536",
        "Port -1",
        "Port 22 23",
        "IdentitiesOnly maybe",
        "IdentitiesOnly",
        "StrictHostKeyChecking sometimes",
        "AddressFamily ipx",
        "ConnectTimeout 5x",
        "ConnectTimeout -5",
        "ConnectTimeout 99999999999",
        "ServerAliveCountMax many",
        "UserKnownHostsFile /a none",
        "UserKnownHostsFile /a \"\"",
        "UserKnownHostsFile ~nosuchuserhere/x",
        "UserKnownHostsFile ${NOSUCHVARIABLE}/x",
        "UserKnownHostsFile ${PLACE/x",
        "UserKnownHostsFile /%x",
        "UserKnownHostsFile /x%",
        "HostName %p.example",
        "IdentityAgent ${NOSUCHVARIABLE}/x",
        "Host beta\n IdentityAgent ${NOSUCHVARIABLE}",
        "IdentityAgent $a-b",
        "ProxyJump bastion:0",
        "ProxyJump @bastion",
        "ProxyJump bastion,,other",
        "ProxyJump alpha",
        "HostName x.example\nPort 23\nUser joe\nProxyJump joe@x.example:23",
        "Match",
        "Match host",
        "Match nothing alpha",
        "Match all host alpha",
        "Match host alpha user root all",
        "Match exec \"echo %x\"",
        "Match host # alpha",
        "Match \"\" alpha",
        "Include FOLDER/bad",
        "Host beta\n Include FOLDER/bad",
        "Include FOLDER/loop",
        "Include \"\"",
        "Host alpha \"\"",
    ]

    static let destinations = ["alpha", "Alpha", "joe@beta:2222", "127.0.0.1", "::1"]

    private static func withFolder(_ body: (String, OpenSSHAlgorithms) throws -> Void) async throws {
        let algorithms = try OpenSSHAlgorithms()
        try await withTemporaryFolder { folder in
            for (name, text) in included { try writeFile(placed(text, folder), to: "\(folder)/\(name)") }
            try body(folder, algorithms)
        }
    }

    private static func placed(_ text: String, _ folder: String) -> String {
        var result = ""
        var rest = Substring(text)
        while let character = rest.first {
            if rest.utf8.starts(with: "FOLDER".utf8) {
                result += folder
                rest = rest.dropFirst(6)
            } else {
                result.append(character)
                rest.removeFirst()
            }
        }
        return result
    }

    @Test(.timeLimit(.minutes(5))) func valuesAreThoseOfOpenSSH() async throws {
        try await Self.withFolder { folder, algorithms in
            for (number, text) in Self.valid.enumerated() {
                let text = Self.placed(text, folder)
                let file = "\(folder)/valid\(number)"
                try writeFile(text, to: file)
                for destination in Self.destinations {
                    let destination = try SSHDestination(destination)
                    let isTaken = try expectAgreement(text, destination, file: file, algorithms)
                    #expect(isTaken, "\(text)")
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func mistakesAreThoseOfOpenSSH() async throws {
        try await Self.withFolder { folder, algorithms in
            for (number, text) in Self.refused.enumerated() {
                let text = Self.placed(text, folder)
                let file = "\(folder)/refused\(number)"
                try writeFile(text, to: file)
                let isTaken = try expectAgreement(text, SSHDestination("alpha"), file: file, algorithms)
                #expect(!isTaken, "\(text)")
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func commandsOfMatchAreThoseOfOpenSSH() async throws {
        let texts = [
            "Match exec \"test %h = x.example\"\n User a\nMatch exec false\n Port 23",
            "HostName x.example\nMatch exec \"test %h-%n-%p-%r = x.example-alpha-22-root\"\n User a",
            "Match !exec \"test %k = alpha\"\n User a\nMatch exec \"test %C = x\" user root\n Port 23",
            "HostKeyAlias Key\nMatch host alpha exec 'false'x\n User a",
            "Match host alpha exec \"test %u%i%d%l%L%% != x\"\n User a",
        ]
        try await Self.withFolder { folder, algorithms in
            for (number, text) in texts.enumerated() {
                let file = "\(folder)/exec\(number)"
                try writeFile(text, to: file)
                for destination in ["alpha", "beta"] {
                    _ = try expectAgreement(
                        text,
                        SSHDestination(destination),
                        file: file,
                        algorithms,
                        exec: { system($0) == 0 }
                    )
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func allOptionsOfOpenSSHAreKnown() throws {
        let dump = try #require(OpenSSHOracle.dump("none", SSHDestination("host")))
        for keyword in dump.keys { #expect(SSHOption.named(keyword) != nil, "\(keyword)") }
        #expect(dump.count > 60)
    }
}
