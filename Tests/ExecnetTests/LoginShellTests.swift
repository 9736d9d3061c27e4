//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetCore
import ExecnetSystem
import ExecnetTestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Shells as those who log in have them, with files that they read first. `make setup` installs them.
@Suite(.leavesNothingBehind)
struct LoginShellTests {
    struct Shell: Sendable, CustomTestStringConvertible {
        var words: [String]
        /// What it reads first, in HOME.
        var file: String
        var read = "read x"
        /// Whether `exit` in that file ends more than the reading of it.
        var exits = true

        var testDescription: String { words.joined(separator: " ") }
    }

    static let shells = [
        Shell(words: ["dash", "-lc"], file: ".profile"), Shell(words: ["bash", "-lc"], file: ".bash_profile"),
        Shell(words: ["busybox", "ash", "-lc"], file: ".profile"), Shell(words: ["mksh", "-lc"], file: ".profile"),
        Shell(words: ["yash", "-lc"], file: ".yash_profile"),
        Shell(words: ["zsh", "-c"], file: ".zshenv"), Shell(words: ["zsh", "-lc"], file: ".zprofile"),
        Shell(words: ["tcsh", "-c"], file: ".tcshrc", read: "set x = $<", exits: false),
        Shell(words: ["csh", "-c"], file: ".cshrc", read: "set x = $<", exits: false),
        Shell(words: ["fish", "-c"], file: ".config/fish/config.fish", exits: false),
        Shell(words: ["fish", "-lc"], file: ".config/fish/config.fish", exits: false),
    ]

    /// The command of a shell that reads this first.
    private func withShell<R>(
        _ shell: Shell,
        _ text: String,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (GatewaySpec) async throws -> R
    ) async throws -> R {
        try #require(ExecutablePath.find(shell.words[0]) != nil, "\(shell.words[0]) is missing: make setup")
        return try await withTemporaryFolder { home in
            var folder = home
            for part in shell.file.split(separator: "/").dropLast() {
                folder += "/\(part)"
                try #require(mkdir(folder, 0o700) == 0)
            }
            try writeFile(text + "\n", to: "\(home)/\(shell.file)")
            let variables = ["HOME=\(home)", "ENV=", "XDG_CONFIG_HOME=\(home)/.config", "XDG_DATA_HOME=\(home)"]
            return try await body(FarSide.spec(["env"] + variables + shell.words))
        }
    }

    private func failure(
        of shell: Shell,
        _ text: String,
        _ code: GatewayError.Code,
        timeout: Duration,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> GatewayError? {
        try await withShell(shell, text) { spec in
            var configuration = GatewayConfiguration.quiet
            configuration.openTimeout = timeout
            return await expectGatewayError(code, sourceLocation: sourceLocation) {
                try await Gateway.open(spec, configuration: configuration)
            }
        }
    }

    @Test(.timeLimit(.minutes(2)), arguments: shells)
    func whateverIsPrintedFirstItWorks(shell: Shell) async throws {
        let noises = [
            "", "head -c 1000000 /dev/zero | tr '\\0' x", "yes 'Welcome to this machine' | head -n 40000",
            "head -c 30000 /dev/urandom; printf 'no newline'", "sh -c 'echo complaint >&2'; printf '\\033[31mred'",
        ]
        for noise in noises {
            try await withShell(shell, noise) { spec in
                try await withGateway(spec, configuration: .quiet) { gateway in
                    let answer = try await gateway.remoteCall(1) { $0 + 1 }
                    #expect(answer == 2, "\(noise)")
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: shells)
    func aShellThatLeavesIsReported(shell: Shell) async throws {
        guard shell.exits else { return try await withShell(shell, "exit 3") { try await FarSide.expectWorks($0) } }
        let quiet = try await failure(of: shell, "exit 3", .startFailed, timeout: .seconds(30))
        #expect(quiet?.message.contains("(exit status 3)") == true)
        let loud = try await failure(
            of: shell,
            "echo maintenance until five; exit 3",
            .noiseWithoutAnswer,
            timeout: .seconds(30)
        )
        #expect(loud?.message.contains("maintenance until five") == true)
    }

    /// To `cat`, to `read`, or to another shell, which would take the agent for commands.
    @Test(.timeLimit(.minutes(1)), arguments: shells)
    func oneThatReadsTheInputIsGivenUp(shell: Shell) async throws {
        for text in ["cat", shell.read, "exec sh"] {
            _ = try await failure(of: shell, text, .timedOut, timeout: .milliseconds(500))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func oneThatNeverStopsToPrintIsGivenUp() async throws {
        let shell = Shell(words: ["bash", "-lc"], file: ".bash_profile")
        // As many bytes as one likes, and a few all the time.
        _ = try await failure(
            of: shell,
            "yes some longer line that nobody wants to read",
            .noiseWithoutAnswer,
            timeout: .seconds(30)
        )
        let start = MonotonicTime.now
        let slow = try await failure(
            of: shell,
            "while :; do echo .; sleep 0.05; done",
            .noiseWithoutAnswer,
            timeout: .seconds(1)
        )
        #expect(start.until(.now) < .seconds(10))
        #expect(slow?.message.contains("within 1.0 seconds") == true)
    }

    // MARK: what is no shell

    @Test(.timeLimit(.minutes(1)))
    func aRestrictedShellSaysSo() async throws {
        let error = await expectGatewayError(.startFailed) {
            try await Gateway.open(FarSide.spec(["rbash", "-c"]), configuration: .quiet)
        }
        #expect(error?.standardError.joined().contains("restricted") == true)
    }

    @Test(.timeLimit(.minutes(1)))
    func nologinSaysSo() async throws {
        let error = await expectGatewayError(.noiseWithoutAnswer) {
            try await Gateway.open(FarSide.spec(["/usr/sbin/nologin", "-c"]), configuration: .quiet)
        }
        #expect(error?.message.contains("This account is currently not available.") == true)
    }

    @Test(.timeLimit(.minutes(1)))
    func aForcedCommandIsReported() async throws {
        let ended = await expectGatewayError(.noiseWithoutAnswer) {
            try await Gateway.open(FarSide.spec(["sh", "-c", "echo only backups here", "x"]), configuration: .quiet)
        }
        #expect(ended?.message.contains("only backups here") == true)
        var configuration = GatewayConfiguration.quiet
        configuration.openTimeout = .milliseconds(500)
        let silent = await expectGatewayError(.noiseWithoutAnswer) {
            try await Gateway.open(
                FarSide.spec(["sh", "-c", "echo git only; exec cat", "x"]),
                configuration: configuration
            )
        }
        #expect(silent?.message.contains("git only") == true)
    }
}
