//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

@testable import ExecnetSSH

/// A home folder and a system's folder of a test's own.
private struct Home {
    let folder: String
    var surroundings: SSHSurroundings

    init(_ folder: String) throws {
        self.folder = folder
        for name in ["home", "home/.ssh", "etc"] { try makeFolder("\(folder)/\(name)") }
        surroundings = SSHSurroundings(
            home: "\(folder)/home",
            user: "local",
            userID: getuid(),
            hostName: "here.example.org",
            variable: { ["SSH_AUTH_SOCK": "/run/agent", "OTHER": "/run/other"][$0] }
        )
    }

    func write(_ text: String, to name: String = "home/.ssh/config", mode: mode_t = 0o600) throws {
        try writeFile(text, to: "\(folder)/\(name)", mode: mode)
    }

    func resolve(
        _ destination: String = "host",
        files: SSHConfigFiles? = nil,
        exec: ((String) -> Bool)? = nil
    ) throws -> SSHConfig {
        let standard = SSHConfigFiles.standard(home: surroundings.home, system: "\(folder)/etc/ssh_config")
        return try SSHConfig.resolve(
            SSHDestination(destination),
            files: files ?? standard,
            surroundings: surroundings,
            exec: exec
        )
    }

    /// Why the configuration is refused.
    func failure(_ text: String) throws -> SSHConfigError? {
        try write(text)
        return #expect(throws: SSHConfigError.self, "\(text)") { try resolve() }
    }
}

private func withHome(_ body: (inout Home) throws -> Void) async throws {
    try await withTemporaryFolder { folder in
        var home = try Home(folder)
        try body(&home)
    }
}

struct SSHConfigResolveTests {
    @Test(.timeLimit(.minutes(1))) func withoutFilesThereAreDefaults() async throws {
        try await withHome { home in
            let config = try home.resolve("Host")
            #expect(config.hostName == "host" && config.originalHost == "Host")
            #expect(config.user == "local" && config.port == 22 && config.files == [])
            #expect(config.userKnownHostsFiles.first == "\(home.surroundings.home)/.ssh/known_hosts")
            #expect(config.hasDefaultIdentityFiles && config.identityFiles.count == 7)
            #expect(config.agentSocket == "/run/agent")
            #expect(try home.resolve("host", files: .named("none")) == home.resolve("host", files: SSHConfigFiles.none))
        }
    }

    @Test(.timeLimit(.minutes(1))) func theUsersFileComesBeforeTheSystems() async throws {
        try await withHome { home in
            try home.write("User first\nIdentityFile ~/a\nHost nobody")
            try home.write("User second\nPort 23\nIdentityFile ~/a\nInclude more.*", to: "etc/ssh_config", mode: 0o666)
            try home.write("BindAddress 127.0.0.1", to: "etc/more.x")
            let config = try home.resolve()
            #expect(config.user == "first" && config.port == 23 && config.bindAddress == "127.0.0.1")
            #expect(config.files.count == 3)
            // One of the user and one of the system, as in OpenSSH.
            #expect(config.identityFiles.count == 2)
            let asked = try home.resolve("me@host:24")
            #expect(asked.user == "me" && asked.port == 24)
        }
    }

    @Test(.timeLimit(.minutes(1))) func includesOfTheUserAreRelativeToTheFolder() async throws {
        try await withHome { home in
            try home.write("User b", to: "home/.ssh/b.conf")
            try home.write("User a\nPort 23", to: "home/.ssh/a.conf")
            try home.write("Port 24", to: "home/c")
            try home.write("Include *.conf ~/c nothing*")
            #expect(try home.resolve().user == "a" && home.resolve().port == 23)
            try home.write("Include ~/c *.conf ~nosuchuserhere/x")
            #expect(try home.resolve().user == "a" && home.resolve().port == 24)
            try home.write("Include ~/c", to: "etc/ssh_config")
            try home.write("")
            #expect(throws: SSHConfigError.self) { try home.resolve() }
        }
    }

    @Test(.timeLimit(.minutes(1))) func aFolderWithStarsInItsNameIsNoPattern() async throws {
        try await withHome { home in
            try makeFolder("\(home.folder)/h*")
            try makeFolder("\(home.folder)/h*/.ssh")
            home.surroundings.home = "\(home.folder)/h*"
            try home.write("User right", to: "h*/.ssh/x")
            try home.write("User wrong", to: "home/.ssh/x")
            try home.write("Include x\nInclude ~/.ssh/x", to: "h*/.ssh/config")
            let config = try home.resolve()
            #expect(config.user == "right" && config.files.count == 3)
        }
    }

    @Test(.timeLimit(.minutes(1))) func filesOthersCanWriteAreRefused() async throws {
        try await withHome { home in
            try home.write("User joe", mode: 0o602)
            #expect(throws: SSHConfigError.self) { try home.resolve() }
            let named = SSHConfigFiles.named("\(home.surroundings.home)/.ssh/config")
            #expect(try home.resolve(files: named).user == "joe")

            // The group is that of root or of the account, but not of the user of these surroundings.
            try home.write("User joe", mode: 0o620)
            #expect(throws: SSHConfigError.self) { try home.resolve() }

            // A group of the user's own, as Debian makes one for each.
            if let group = getgrgid(getgid()), group.pointee.gr_mem.pointee == nil {
                home.surroundings.user = String(cString: group.pointee.gr_name)
                #expect(try home.resolve().user == "joe")
            }

            try home.write("Include more")
            try home.write("User joe", to: "home/.ssh/more", mode: 0o666)
            let error = #expect(throws: SSHConfigError.self) { try home.resolve() }
            #expect(error?.code == .exposed)
        }
    }

    @Test(.timeLimit(.minutes(1))) func filesOfOthersAreRefused() async throws {
        try await withHome { home in
            try home.write("User joe")
            #expect(try home.resolve().user == "joe")
            // Root's files are taken from everybody, so the owner changes if that is us.
            home.surroundings.userID = getuid() + 1
            if getuid() == 0 { #expect(chown("\(home.surroundings.home)/.ssh/config", 12_345, 12_345) == 0) }
            let error = #expect(throws: SSHConfigError.self) { try home.resolve() }
            #expect(error?.code == .exposed)
        }
    }

    @Test(.timeLimit(.minutes(1))) func sizesAndDepthsHaveLimits() async throws {
        try await withHome { home in
            #expect(try home.failure("Include config")?.code == .limit)
            #expect(try home.failure(String(repeating: "#\n", count: SSHConfigFile.maximumSize))?.code == .limit)
            try home.write("", to: "home/.ssh/empty")
            #expect(try home.failure(String(repeating: "Include empty\n", count: 600))?.code == .limit)
        }
    }

    @Test(.timeLimit(.minutes(1))) func aNamedFileMustBeThere() async throws {
        try await withHome { home in
            let error = #expect(throws: SSHConfigError.self) { try home.resolve(files: .named("/no/such/file")) }
            #expect(error?.code == .unreadable)
        }
    }

    @Test(.timeLimit(.minutes(1))) func mistakesNameFileAndLine() async throws {
        try await withHome { home in
            let file = "\(home.surroundings.home)/.ssh/config"
            let unknown = try home.failure("\n# x\nNonsense 1")
            #expect(unknown?.description == "\(file):3: the option nonsense is not known")
            let token = try home.failure("User joe\nIdentityFile ~/%x")
            #expect(token?.code == .expansion && token?.place == SSHConfigPlace(file: file, line: 2))
            let variable = try home.failure("CertificateFile ${NOWHERE}/x")
            #expect(variable?.description == "\(file):1: the variable NOWHERE is not set")
            let proxy = try home.failure("Host nobody\nHost *\nProxyCommand nc %u")
            #expect(proxy?.code == .expansion && proxy?.place?.line == 3)
            let jump = try home.failure("ProxyJump joe:secret@bastion")
            // Without the password.
            #expect(
                jump?.description == "\(file):1: a host of proxyjump is wrong: \(SSHDestination.Failure.password)"
            )
        }
    }

    @Test(.timeLimit(.minutes(1))) func whatDoesNothingIsListed() async throws {
        try await withHome { home in
            try home.write(
                "ForwardAgent yes\nHost nobody\nCompression yes\nHost *\nSendEnv A\nSendEnv B\nUser x\nMatch final\nTag y"
            )
            let config = try home.resolve()
            #expect(config.ignored.map(\.option) == ["forwardagent", "sendenv", "sendenv"])
            #expect(config.ignored.map(\.place.line) == [1, 5, 6])
            #expect(config.needsOpenSSH == [] && config.unevaluated == [])
        }
    }

    @Test(.timeLimit(.minutes(1))) func whatOnlyOpenSSHCanDoIsListed() async throws {
        try await withHome { home in
            try home.write(
                """
                VerifyHostKeyDNS no
                VerifyHostKeyDNS yes
                PKCS11Provider /lib/x.so
                Tunnel no
                ProxyUseFdpass yes
                Host nobody
                KnownHostsCommand /bin/x
                Host *
                CertificateFile ~/cert
                CanonicalizeHostname no
                RevokedHostKeys /etc/revoked
                """
            )
            #expect(
                try home.resolve().needsOpenSSH.map(\.option) == [
                    "certificatefile ~/cert", "pkcs11provider /lib/x.so", "revokedhostkeys /etc/revoked",
                ]
            )
            try home.write("ProxyUseFdpass yes\nProxyCommand x\nCanonicalizeHostname yes\nMatch canonical\nUser final")
            let config = try home.resolve()
            #expect(config.needsOpenSSH.map(\.option) == ["canonicalizehostname yes", "proxyusefdpass yes"])
            #expect(config.user == "final")
        }
    }

    @Test(.timeLimit(.minutes(1))) func agents() async throws {
        try await withHome { home in
            for (text, socket) in [
                ("none", nil), ("SSH_AUTH_SOCK", "/run/agent"), ("$OTHER", "/run/other"), ("$NOWHERE", nil),
                ("${OTHER}/x", "/run/other/x"), ("~/agent", "\(home.surroundings.home)/agent"),
                ("/run/%r/%i", "/run/local/\(getuid())"),
            ] as [(String, String?)] {
                try home.write("IdentityAgent \(text)")
                #expect(try home.resolve().agentSocket == socket, "\(text)")
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func tokens() async throws {
        try await withHome { home in
            try home.write("HostName real.example\nHostKeyAlias KEY\nIdentityFile /%h/%n/%p/%r/%u/%k/%l/%L/%d/%C/%%")
            let config = try home.resolve("joe@Asked:23")
            // The hash: printf %s here.example.orgreal.example23joe | sha1sum
            let hash = "c1af313c85fa4c1ea60ff10426ed0fbbb66ce029"
            #expect(
                config.identityFiles == [
                    "/real.example/Asked/23/joe/local/key/here.example.org/here/\(home.surroundings.home)/\(hash)/%"
                ]
            )
            try home.write("ProxyJump %r@jump.%h:24,[%h]:25\nHostName x")
            #expect(try home.resolve("joe@host").proxyJump.map(\.description) == ["joe@jump.x:24", "x:25"])
        }
    }

    @Test(.timeLimit(.minutes(1))) func jumps() async throws {
        try await withHome { home in
            for (text, jumps) in [
                ("a,joe@b:23, [::1]:24", ["a", "joe@b:23", "[::1]:24"]), ("\"a,b\"", ["a", "b"]),
                ("a # b,c", ["a"]), ("none # no jump", []), ("ssh://joe@a:23", ["joe@a:23"]), ("host:23", ["host:23"]),
            ] {
                try home.write("ProxyJump \(text)")
                #expect(try home.resolve().proxyJump.map(\.description) == jumps, "\(text)")
            }
            // OpenSSH before 10.3 would not take the command.
            try home.write("ProxyJump none\nProxyCommand x %h\nProxyJump a")
            #expect(try home.resolve().proxyJump == [] && home.resolve().proxyCommand == "x host")
            #expect(try home.failure("ProxyJump a,b,c,d,e,f,g,h,i")?.code == .limit)
            #expect(try home.failure("ProxyJump a,host")?.code == .jumpLoop)
            #expect(try home.failure("ProxyJump a b")?.code == .badValue)
        }
    }

    @Test(.timeLimit(.minutes(1))) func commandsOfMatchRunOnlyIfTheCallerRunsThem() async throws {
        try await withHome { home in
            try home.write(
                """
                Match host nobody exec "never"
                  Port 21
                Match exec "first %h"
                  User one
                Match !exec "second"
                  User two
                Host nobody
                  Include more
                """
            )
            try home.write("Match exec \"included\"\n  Port 22", to: "home/.ssh/more")
            let without = try home.resolve()
            #expect(without.user == "local" && without.port == 22)
            #expect(without.unevaluated.map(\.option) == ["match exec", "match exec"])
            #expect(without.unevaluated.map(\.place.line) == [3, 5])

            var commands: [String] = []
            let with = try home.resolve(exec: {
                commands.append($0)
                return false
            })
            #expect(commands == ["first host", "second"])
            #expect(with.user == "two" && with.unevaluated == [])
        }
    }

    @Test(.timeLimit(.minutes(1))) func criteriaOfLaterVersions() async throws {
        try await withHome { home in
            try home.write(
                """
                Match tagged x
                  User early
                Match all
                  Tag x
                Match tagged "y,x"
                  Port 23
                Match localnetwork 10.0.0.0/8
                  User no
                Match !sessiontype shell
                  User no
                """
            )
            let config = try home.resolve()
            #expect(config.user == "local" && config.port == 23)
            #expect(config.unevaluated.map(\.option) == ["match localnetwork", "match sessiontype"])
        }
    }

    @Test(.timeLimit(.minutes(1))) func textThatIsNotUTF8IsTaken() async throws {
        try await withHome { home in
            let path = "\(home.surroundings.home)/.ssh/config"
            try writeFile(Array("# caf".utf8) + [0xe9, 0x0a] + Array("User joe".utf8), to: path)
            #expect(try home.resolve().user == "joe")
        }
    }

    @Test(.timeLimit(.minutes(1))) func algorithms() {
        let defaults = ["a", "b", "c-x"]
        let known = ["a", "b", "c-x", "d-x", "e"]
        for (text, names) in [
            ("b,a", ["b", "a"]), ("e,nothing", ["e"]), ("*-x", ["c-x", "d-x"]), ("+e,a", ["a", "b", "c-x", "e"]),
            ("-b,c*", ["a"]), ("^e,c-x", ["e", "c-x", "a", "b"]), ("nothing", []), ("-*", []),
        ] {
            #expect(SSHAlgorithmList(text).applied(to: defaults, known: known) == names, "\(text)")
        }
    }
}
