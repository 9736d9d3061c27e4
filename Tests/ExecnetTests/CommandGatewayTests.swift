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

/// Gateways behind programs.
@Suite(.leavesNothingBehind)
struct CommandGatewayTests {
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ["env"], ["bash", "-lc"], ["su", "-c"], ["sh", "-c", "exec \"$@\"", "sh"],
            ["env", "A=it's $HOME", "nice", "-n", "1"],
        ]
    )
    func wordsAndLinesLeadToTheSame(command: [String]) async throws {
        var spec = FarSide.spec(command)
        spec.environment = ["B": "x"]
        for spec in [spec, try GatewaySpec(spec.description)] {
            try await withGateway(spec, configuration: .quiet) { gateway in
                let answer = try await gateway.remoteCall("B") { variable($0) }
                #expect(answer == "x")
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func textIsSplitAsAShellDoes() async throws {
        let text = #"command=env 'A=it is' "B=\"$HOME\"" C=a\ b//execution=concurrent"#
        #expect(try GatewaySpec(text).place == .command(["env", "A=it is", "B=\"$HOME\"", "C=a b"]))
        try await withGateway(text, configuration: .quiet) { gateway in
            let answer = try await gateway.remoteCall(["A", "B", "C"]) { $0.map { variable($0) } }
            #expect(answer == ["it is", "\"$HOME\"", "a b"])
        }
    }

    /// As ssh does, but under a name that nobody knows.
    @Test(.timeLimit(.minutes(1)))
    func aProgramThatHandsItsArgumentsToAShellSaysSoItself() async throws {
        let joiner = ["sh", "-c", "exec sh -c \"$*\"", "joiner"]
        var spec = FarSide.spec([])
        spec.place = .command(joiner, form: .line)
        try await FarSide.expectWorks(spec)
        var configuration = GatewayConfiguration.quiet
        configuration.openTimeout = .seconds(2)
        let error = await expectGatewayError(.noiseWithoutAnswer) {
            try await Gateway.open(FarSide.spec(joiner), configuration: configuration)
        }
        #expect(error?.message.contains("form=line") == true, "\(error?.message ?? "")")
    }

    // MARK: failures

    @Test(.timeLimit(.minutes(1)))
    func statusAndStandardErrorArePartOfTheError() async throws {
        let cases: [(String, GatewayError.Code, String, String)] = [
            (
                "echo 'no such container: box' >&2; exit 125", .startFailed, "(exit status 125)",
                "no such container: box"
            ),
            ("echo first; echo last >&2; exit 1", .noiseWithoutAnswer, "first", "last"),
            ("echo dying >&2; kill -9 $$", .startFailed, "signal 9", "dying"),
            ("exit 0", .startFailed, "(exit status 0)", ""),
        ]
        for (script, code, message, errors) in cases {
            let error = await expectGatewayError(code) {
                try await Gateway.open(FarSide.spec(["sh", "-c", script, "x"]), configuration: .quiet)
            }
            #expect(error?.message.contains(message) == true, "\(error?.description ?? "")")
            #expect(error?.standardError.joined() == errors)
        }
    }

    /// Somebody may keep standard error open, and write to it for ever.
    @Test(.timeLimit(.minutes(1)))
    func whatAProgramLeavesBehindDoesNotHoldUpTheError() async throws {
        // The substitution ends when the other process has left the group, and only has standard error.
        let script = "x=$(setsid sh -c 'exec yes >&2' &); exit 7"
        let error = await expectGatewayError(.startFailed) {
            try await Gateway.open(FarSide.spec(["sh", "-c", script, "x"]), configuration: .quiet)
        }
        #expect(error?.message.contains("(exit status 7)") == true, "\(error?.description ?? "")")
        #expect(error?.standardError.contains("y") == true)
    }

    @Test(.timeLimit(.minutes(1)))
    func whatCannotBeStartedIsNamed() async throws {
        let none = await expectGatewayError(.launchFailed) {
            try await Gateway.open("command=no-such-program -i box", configuration: .quiet)
        }
        #expect(none?.message.contains("\"no-such-program\"") == true)
        let folder = await expectGatewayError(.launchFailed) {
            try await Gateway.open("command=/etc", configuration: .quiet)
        }
        #expect(folder?.message.contains("/etc") == true)
    }

    @Test(.timeLimit(.minutes(1)))
    func interpretersAndDirectoriesThatAreNotThereAreNamed() async throws {
        let python = await expectGatewayError(.noPython) {
            try await Gateway.open("command=env//python=python2.3", configuration: .quiet)
        }
        #expect(python?.standardError.joined().contains("python2.3") == true)
        let directory = await expectGatewayError(.startFailed) {
            try await Gateway.open("command=env//chdir=/none/such", configuration: .quiet)
        }
        #expect(directory?.message.contains("\"/none/such\"") == true)
        let variable = await expectGatewayError(.invalidSpec) {
            try await Gateway.open("command=env//env:A-B=1", configuration: .quiet)
        }
        #expect(variable?.message.contains("A-B") == true)
    }

    // MARK: options

    private static let values = [
        "", " ", "it's", "\"q\" \\ `id` $HOME", "line\nnext\n", "ü€𝄞", "-n", "%s*?[a]~!", "a\tb\r",
    ]

    @Test(.timeLimit(.minutes(1)), arguments: ["command=env", "command=bash -c", "command=env//python=python3"])
    func optionsAreHonoured(text: String) async throws {
        try await withTemporaryFolder { folder in
            var spec = try GatewaySpec(text)
            for (number, value) in Self.values.enumerated() { spec.environment["V\(number)"] = value }
            spec.directory = "\(folder)/a 'b'"
            spec.nice = 3
            try await withGateway(spec, configuration: .quiet) { gateway in
                let script =
                    "for i in \(Self.values.indices.map(String.init).joined(separator: " ")); "
                    + "do eval printf \"'[%s]'\" '\"$V'$i'\"'; done; echo; pwd; nice"
                let channel = try await gateway.remoteExec(.shell(script))
                var lines: [String] = []
                for try await line in channel.items(as: String.self) { lines.append(line) }
                let expected = Self.values.map { "[\($0)]" }.joined() + "\n\(folder)/a 'b'\n3"
                #expect(lines.joined(separator: "\n") == expected)
            }
        }
    }

    /// Anyone on a machine can read the arguments of all processes.
    @Test(.timeLimit(.minutes(1)), arguments: ["command=env", "command=bash -lc", "command=env//python=python3"])
    func secretsAreNoArguments(text: String) async throws {
        let secret = "s3cret-\(UInt64.random(in: 0 ... .max))"
        var spec = try GatewaySpec(text)
        spec.environment = ["PASSWORD": secret]
        // Looks at all processes as long as the gateway is being opened, and once more afterwards.
        let watch = Task.detached {
            var looks = 0
            while !Task.isCancelled {
                if Self.arguments(contain: secret) { return (looks, true) }
                looks += 1
                await Task.yield()
            }
            return (looks, Self.arguments(contain: secret))
        }
        for _ in 1...5 {
            try await withGateway(spec, configuration: .quiet) { gateway in
                let channel = try await gateway.remoteExec(.shell("echo \"$PASSWORD\""))
                #expect(try await channel.receive(as: String.self) == secret)
                #expect(!Self.arguments(contain: secret))
            }
        }
        watch.cancel()
        let (looks, seen) = await watch.value
        #expect(looks > 0)
        #expect(!seen)
    }

    private static func arguments(contain secret: String) -> Bool {
        names(in: "/proc").contains { name in
            guard Int(name) != nil, let text = SmallFile.read("/proc/\(name)/cmdline") else { return false }
            return String(decoding: text, as: UTF8.self).contains(secret)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func anAgentCanBeNamed() async throws {
        try await withGateway(FarSide.spec(["env"], agent: FarSide.agent), configuration: .quiet) { gateway in
            try await FarSide.expectWorks(gateway)
            #expect(try await gateway.info().executable.contains("/\(FarSide.cacheName)/"))
        }
        let error = await expectGatewayError(.noPython) {
            try await FarSide.withTools(except: ["python3"]) { tools in
                let command = ["env", "PATH=\(tools)"]
                _ = try await Gateway.open(FarSide.spec(command, agent: "/no/such/agent"), configuration: .quiet)
            }
        }
        #expect(error?.message.contains("/no/such/agent: No such file") == true)
    }
}

private func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
