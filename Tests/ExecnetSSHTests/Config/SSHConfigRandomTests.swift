//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetTestSupport
import Testing

@testable import ExecnetSSH

/// Random configurations, of which OpenSSH must think the same.
@Suite(.enabled(if: OpenSSHOracle.isInstalled)) struct SSHConfigRandomTests {
    static let cases = 240

    @Test(.timeLimit(.minutes(3))) func blocksInAnyOrder() async throws {
        let algorithms = try OpenSSHAlgorithms()
        var taken = 0
        try await withTemporaryFolder { folder in
            for seed in 0..<Self.cases {
                var writer = ConfigWriter(random: SplitMix(state: UInt64(seed)), folder: folder, name: "c\(seed)")
                let text = try writer.write()
                let destination = try SSHDestination(writer.destination())
                if try expectAgreement(
                    "seed \(seed)\n\(text)",
                    destination,
                    file: "\(folder)/c\(seed)",
                    algorithms
                ) {
                    taken += 1
                }
            }
        }
        // A generator that only writes mistakes would prove little.
        #expect(taken > Self.cases / 2 && taken < Self.cases)
    }
}

/// Writes configurations as people do, and as they should not.
private struct ConfigWriter {
    var random: SplitMix
    let folder: String
    let name: String
    private var included = 0

    init(random: SplitMix, folder: String, name: String) {
        self.random = random
        self.folder = folder
        self.name = name
    }

    private mutating func one(of texts: [String]) -> String { texts[Int.random(in: 0..<texts.count, using: &random)] }

    private mutating func happens(_ one: Int, in all: Int) -> Bool { Int.random(in: 0..<all, using: &random) < one }

    mutating func destination() -> String {
        one(of: ["", "", "joe@", "root@"]) + one(of: Self.hosts) + one(of: ["", "", ":2222"])
    }

    /// Writes the file and those that it includes.
    mutating func write() throws -> String {
        let text = try lines(depth: 0)
        try writeFile(text, to: "\(folder)/\(name)")
        return text
    }

    private mutating func lines(depth: Int) throws -> String {
        var text = ""
        for _ in 0..<Int.random(in: 1...5, using: &random) {
            if happens(3, in: 4) { text += try block() + "\n" }
            for _ in 0..<Int.random(in: 0...4, using: &random) { text += one(of: ["", "  ", "\t"]) + option() + "\n" }
            if depth < 2, happens(1, in: 5) {
                included += 1
                let path = "\(folder)/\(name).\(included)"
                try writeFile(try lines(depth: depth + 1), to: path)
                text += "Include \(path)\n"
            }
        }
        return text
    }

    private mutating func block() throws -> String {
        if happens(1, in: 2) {
            let patterns = (0..<Int.random(in: 1...3, using: &random)).map { _ in pattern() }
            return "Host " + patterns.joined(separator: " ")
        }
        var criteria: [String] = []
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            let isNegated = happens(1, in: 5) ? "!" : ""
            switch Int.random(in: 0..<7, using: &random) {
            case 0: criteria.append(isNegated + "host " + list())
            case 1: criteria.append(isNegated + "originalhost " + list())
            case 2: criteria.append(isNegated + "user " + one(of: ["joe", "root", "j*", "!root,*"]))
            case 3: criteria.append(isNegated + "localuser " + one(of: ["root", "joe", "*"]))
            case 4: criteria.append(isNegated + "final")
            case 5: criteria.append(isNegated + "canonical")
            default: return "Match " + (criteria + [isNegated + "all"]).joined(separator: " ")
            }
        }
        return "Match " + criteria.joined(separator: " ")
    }

    private mutating func pattern() -> String {
        (happens(1, in: 5) ? "!" : "") + one(of: Self.hosts + ["*", "a*", "*.example", "?eta", "*a*", "b??a"])
    }

    private mutating func list() -> String {
        (0..<Int.random(in: 1...3, using: &random)).map { _ in pattern() }.joined(separator: ",")
    }

    private mutating func option() -> String {
        let (keyword, values) = Self.options[Int.random(in: 0..<Self.options.count, using: &random)]
        // What OpenSSH takes for a host's name if quotes, spaces or comments are around it is of no use to anybody.
        if keyword == "ProxyJump" { return "\(keyword) \(one(of: values))" }
        // Rarely a mistake, of which the whole configuration dies; of ignored options we do not look for any.
        let isIgnored = keyword == "ForwardAgent" || keyword == "SendEnv"
        if happens(1, in: 60), !isIgnored {
            return one(of: ["Bogus 1", keyword, "\(keyword) \"", "\(keyword) a b c d"])
        }
        var value = one(of: values)
        if happens(1, in: 6), !value.utf8.contains(UInt8(ascii: " ")) { value = "\"\(value)\"" }
        let spelled = happens(1, in: 4) ? keyword.lowercased() : keyword
        return spelled + one(of: [" ", " ", "=", " = ", "\t"]) + value + one(of: ["", "", " ", " # note"])
    }

    private static let hosts = ["alpha", "beta", "gamma.example", "Delta", "10.1.2.3"]

    private static let options: [(String, [String])] = [
        ("HostName", ["alpha", "%h.example", "BETA", "10.1.2.3", "gamma.example"]),
        ("User", ["joe", "root", "jane"]),
        ("Port", ["22", "2200", "65535"]),
        ("IdentityFile", ["~/a", "/b/%h", "~/c-%r-%n", "none", "/d/%p%%", "~/a"]),
        ("CertificateFile", ["~/a-cert.pub", "/b/%h-cert.pub"]),
        ("IdentitiesOnly", ["yes", "no", "True"]),
        ("IdentityAgent", ["~/agent", "none", "${PLACE}/agent"]),
        ("UserKnownHostsFile", ["~/k", "/k/%C", "/k/%k /l/%r@%h:%p", "none", "${PLACE}/%u"]),
        ("GlobalKnownHostsFile", ["/g", "/g ~/h", "none"]),
        ("StrictHostKeyChecking", ["yes", "no", "ask", "accept-new", "OFF"]),
        ("HashKnownHosts", ["yes", "no"]),
        ("HostKeyAlias", ["Key", "other.example"]),
        ("ConnectTimeout", ["5", "1m", "none", "1h30m"]),
        ("ServerAliveInterval", ["15", "2m", "none"]),
        ("ServerAliveCountMax", ["0", "7"]),
        ("BatchMode", ["no", "yes"]),
        ("PreferredAuthentications", ["publickey", "password,publickey"]),
        ("PubkeyAuthentication", ["yes", "no", "unbound"]),
        ("PasswordAuthentication", ["yes", "no"]),
        ("ChallengeResponseAuthentication", ["yes", "no"]),
        ("ProxyJump", ["bastion", "joe@one,two:22", "[::1]:33"]),
        ("ProxyCommand", ["none", "nc %h %p", "nc -x a:1 %n"]),
        ("Ciphers", ["aes128-ctr", "-*cbc,*gcm*", "^aes256-ctr", "+3des-cbc"]),
        ("MACs", ["hmac-sha2-256", "-*etm*"]),
        ("KexAlgorithms", ["^curve25519-sha256", "-*nistp*"]),
        ("HostKeyAlgorithms", ["ssh-ed25519", "+ssh-rsa", "^ecdsa*"]),
        ("AddressFamily", ["inet", "inet6", "any"]),
        ("BindAddress", ["127.0.0.1", "::1"]),
        ("ForwardAgent", ["yes", "no"]),
        ("SendEnv", ["LANG", "LC_*"]),
    ]
}
