//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetSystem
import ExecnetTestSupport
import Testing

/// Gateways (items 34 to 49 of the contract).
@Suite(.leavesNothingBehind)
struct GatewayTests {
    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item34ANewGatewayIsLiveAndCarriesItsSpec(kind: GatewayKind) async throws {
        try await kind.withSpec("//id=w1") { text in
            try await withGateway(text, configuration: .quiet) { gateway in
                #expect(gateway.isOpen)
                #expect(gateway.id == "w1")
                let spec = try GatewaySpec(gateway.spec)
                let asked = try GatewaySpec(text)
                #expect(spec == asked)
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item36InfoSaysWhereTheAgentRuns(kind: GatewayKind) async throws {
        try await kind.open("//chdir=/tmp") { far in
            let info = try await far.gateway.info()
            #expect(info.language == (kind.runsClosures ? "swift" : "python"))
            #expect(info.directory == "/tmp")
            #expect(info.platform.hasPrefix("linux"))
            #expect(!info.version.isEmpty)
            #expect(info.executable.hasPrefix("/"))
            #expect(isRunning(info.pid))
            #expect(try await far.gateway.info(refresh: true) == info)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item36InfoIsRefreshedOnDemand(kind: GatewayKind) async throws {
        try await kind.open("//chdir=/tmp") { far in
            let channel = try await far.gateway.remoteExec(
                .python("import os; os.chdir('/'); channel.send(os.getpid())")
            )
            let pid = try await channel.receive(as: Int.self)
            try await channel.waitClose()
            #expect(try await far.gateway.info().directory == "/tmp")
            if kind.isPython {
                #expect(try await far.gateway.info().pid == pid)
                #expect(try await far.gateway.info(refresh: true).directory == "/")
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item37StatusCountsPrograms(kind: GatewayKind) async throws {
        try await kind.open { far in
            try await far.expectEmptyTables()
            let waiters = [try await far.waiter(), try await far.waiter()]
            try await far.waitUntilExecuting(2)
            for _ in 0..<10 {
                let status = try await far.gateway.status()
                #expect([status.channels, status.executing, status.localChannels] == [2, 2, 2])
            }
            for waiter in waiters { try await waiter.send(0) }
            for waiter in waiters { try await waiter.waitClose() }
            try await far.expectEmptyTables()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item38StatusQueriesMakeNoChannel(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(
                python: """
                    for _ in channel: channel.send(channel.gateway.newchannel().id)
                    """
            ) { channel in
                for try await _ in channel.items(as: Value.self) { try await channel.send(channel.newChannel().id) }
            }
            let (here, there) = (far.gateway.newChannel().id, try await farNumber(channel))
            for _ in 0..<50 { #expect(try await far.gateway.status().executing == 1) }
            _ = try await far.gateway.info(refresh: true)
            // No number was used up on either side in between.
            #expect(far.gateway.newChannel().id == here + 2)
            #expect(try await farNumber(channel) == there + 2)
        }
    }

    private func farNumber(_ channel: Channel) async throws -> UInt64 {
        try await channel.send("next")
        return try await channel.receive(as: UInt64.self)
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item39StatusIsAnsweredWhileProgramsCompute(kind: GatewayKind) async throws {
        try await kind.open { far in
            for _ in 0..<3 {
                let channel = try await far.exec(
                    python: """
                        channel.send(1)
                        while not channel.isclosed(): pass
                        """
                ) { channel in
                    try await channel.send(1)
                    while !channel.isClosed {}
                }
                _ = try await channel.receive(as: Int.self)
            }
            #expect(try await far.gateway.status().executing == 3)
            #expect(try await far.gateway.info(refresh: true).pid > 0)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item41RawOutputDoesNotCorruptTheProtocol(kind: GatewayKind) async throws {
        let (lines, line) = AsyncStream.makeStream(of: String.self)
        var configuration = GatewayConfiguration.quiet
        configuration.output = .handler { _, text in line.yield(text) }
        try await kind.open(configuration: configuration) { far in
            let channel = try await far.exec(
                python: """
                    import os
                    os.write(1, b"to standard output\\n")
                    os.write(2, b"to standard error\\n")
                    print("printed", flush=True)
                    channel.send(1)
                    """
            ) { channel in
                writeRaw("to standard output\n", to: 1)
                writeRaw("to standard error\n", to: 2)
                print("printed")
                try await channel.send(1)
            }
            #expect(try await channel.receive(as: Int.self) == 1)
            try await far.expectUsable()
            var missing: Set = ["to standard output", "to standard error", "printed"]
            for await text in lines {
                missing.remove(text)
                if missing.isEmpty { break }
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item41FarCodeReadsNothingFromStandardInput(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(python: "import sys; channel.send(sys.stdin.read())") { channel in
                try await channel.send(readLine() ?? "")
            }
            #expect(try await channel.receive(as: String.self) == "")
            try await far.expectUsable()
        }
    }

    /// Only an interpreter without site packages, or one executable; no environment, an empty directory, which stays empty.
    @Test(.timeLimit(.minutes(1)), arguments: [GatewayKind.native, .python])
    func item42NothingOfOursIsNeededOverThere(kind: GatewayKind) async throws {
        try await withTemporaryFolder { folder in
            var spec = GatewaySpec()
            spec.directory = folder + "/empty"
            if kind.isPython {
                spec.python = ["env", "-i", "python3", "-I", "-S"]
            } else {
                spec.agent = try bareAgent(in: folder)
            }
            try await withGateway(spec, configuration: .quiet) { gateway in
                let script =
                    "pwd; ls -A | wc -l; env | grep -c -v -e ^EXECNET_ -e ^PWD= -e ^SHLVL= -e ^_= -e ^LC_CTYPE="
                let channel = try await gateway.remoteExec(.shell(script + "; :"))
                #expect(try await channel.receive(as: String.self) == folder + "/empty")
                #expect(try await channel.receive(as: String.self) == "0")
                #expect(try await channel.receive(as: String.self) == "0")
                try await channel.waitClose()
                #expect(try await gateway.remoteCall(.python("channel.send(6 * 7)"), as: Int.self) == 42)
                #expect(try await gateway.info().directory == folder + "/empty")
            }
        }
    }

    /// The agent as it would be planted: alone in a folder, and started with nothing in its environment but that it is an agent.
    private func bareAgent(in folder: String) throws -> String {
        let built = ExecutablePath.built("execnet-agent")
        try copyFile(built, to: folder + "/planted")
        let starter = folder + "/start"
        let variables = ["EXECNET_AGENT", "EXECNET_GATEWAY"].map { "\($0)=\"$\($0)\"" }.joined(separator: " ")
        try writeFile("#!/bin/sh\nexec env -i \(variables) '\(folder)/planted'\n", to: starter, mode: 0o700)
        return starter
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item43TheAgentInheritsTheDirectory(kind: GatewayKind) async throws {
        try await kind.open { far in
            let info = try await far.gateway.info()
            // A login begins in the user's home folder.
            #expect(kind.logsIn ? info.directory.hasSuffix("/home") : info.directory == currentDirectory)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item44ManyGatewaysRunConcurrently(kind: GatewayKind) async throws {
        let pids = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await kind.open { far in
                        try await far.expectUsable()
                        return try await far.gateway.info().pid
                    }
                }
            }
            return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(pids.count == 8)
        for pid in pids { #expect(!isRunning(pid)) }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item47ProgramsEndInTheOppositeOrder(kind: GatewayKind) async throws {
        try await kind.open { far in
            let first = try await far.waiter()
            let second = try await far.waiter()
            try await second.send(0)
            try await second.waitClose()
            #expect(!first.isClosed)
            try await first.send(0)
            try await first.waitClose()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item48ParallelSendersDoNotCorruptEachOther(kind: GatewayKind) async throws {
        try await kind.open { far in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    let channel = try await far.exec(
                        python: """
                            number = channel.receive()
                            for n in range(200): channel.send(bytes([number]) * (n * 37))
                            """
                    ) { channel in
                        let number = try await channel.receive(as: UInt8.self)
                        for n in 0..<200 { try await channel.send([UInt8](repeating: number, count: n * 37)) }
                    }
                    group.addTask {
                        try await channel.send(number)
                        for n in 0..<200 {
                            let item = try await channel.receive(as: [UInt8].self)
                            #expect(item == [UInt8](repeating: UInt8(number), count: n * 37))
                        }
                        try await channel.waitClose()
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item49SerialExecutionRefusesASecondProgram(kind: GatewayKind) async throws {
        try await kind.open("//execution=serial") { far in
            let first = try await far.waiter()
            try await far.waitUntilExecuting(1)
            let second = try await far.echo()
            let error = await expectRemoteError { try await second.waitClose() }
            #expect(error?.kind == .refused)
            try await first.send(0)
            try await first.waitClose()
            try await far.waitUntilExecuting(0)
            try await far.expectUsable()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func item49SerialPythonRunsOnTheMainThread() async throws {
        try await GatewayKind.python.open("//execution=serial") { far in
            let source = "import threading; channel.send(threading.current_thread() is threading.main_thread())"
            let isMain = try await far.gateway.remoteCall(.python(source), as: Bool.self)
            #expect(isMain)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func item52ACommandWithAPrefixAndBlanksStarts() async throws {
        try await withTemporaryFolder { folder in
            let python = folder + #"/my "own" py\thon's"#
            let path = try #require(ExecutablePath.find("python3"))
            try writeFile("#!/bin/sh\nexec \(path) \"$@\"\n", to: python, mode: 0o700)
            var word = ""
            for character in python { word += #" "\'"#.contains(character) ? "\\\(character)" : "\(character)" }
            let spec = "popen//python=env WORDS='a  b' nice -n 2 \(word) -X 'execnet=c \"d\"'"
            try await withGateway(spec, configuration: .quiet) { gateway in
                let source = "import os, sys; channel.send([os.environ['WORDS'], os.nice(0), sys._xoptions['execnet']])"
                let found = try await gateway.remoteCall(.python(source), as: Value.self)
                #expect(found == ["a  b", 2, #"c "d""#])
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func theEnvironmentIsSetBeforeTheAgentStarts(kind: GatewayKind) async throws {
        try await kind.open("//env:EXECNET_TEST=some value//nice=3") { far in
            let channel = try await far.gateway.remoteExec(.shell("echo \"$EXECNET_TEST\"; nice"))
            #expect(try await channel.receive(as: String.self) == "some value")
            #expect(try await channel.receive(as: String.self) == "3")
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item61ClosingDoesNotWaitForBusyPrograms(kind: GatewayKind) async throws {
        try await kind.withSpec { spec in
            let gateway = try await Gateway.open(spec, configuration: .quiet)
            let far = GatewayUnderTest(kind: kind, gateway: gateway)
            let pid = try await gateway.info().pid
            let channel = try await far.exec(python: "channel.send(1)\nwhile True: pass") { channel in
                try await channel.send(1)
                while true {}
            }
            _ = try await channel.receive(as: Int.self)
            let start = ContinuousClock.now
            await gateway.close()
            #expect(start.duration(to: .now) < .seconds(5))
            #expect(!isRunning(pid))
            #expect(!gateway.isOpen)
            // Cancelled by the agent as it ended, or lost with it.
            await #expect(throws: (any Error).self) { try await channel.receive(as: Int.self) }
            await expectGatewayError(.closed) { try await gateway.status() }
            await expectGatewayError(.closed) { try await far.gateway.remoteExec(.shell("true")) }
            #expect(await gateway.close() == .ended)
        }
    }
}
