//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import ExecnetTestSupport
import Testing

@testable import ExecnetLaunchers

/// Where agents are looked for.
@Suite(.leavesNothingBehind)
struct AgentImagesTests {
    /// The machine of another platform, and its number in an ELF header.
    private static let alien = Platform.current.machine == "aarch64" ? ("riscv64", UInt8(243)) : ("aarch64", 183)

    /// Folders `named`, `beside` and `path`, for agents to be put into.
    private func withFolders<R>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: (String) async throws -> R
    ) async throws -> R {
        try await withTemporaryFolder { folder in
            for name in ["named", "beside", "path"] { try makeFolder("\(folder)/\(name)") }
            return try await body(folder)
        }
    }

    private func search(_ folder: String, option: String? = nil, own: String? = nil) -> AgentImages {
        AgentImages(
            option: option,
            own: own,
            named: "\(folder)/named",
            beside: "\(folder)/beside",
            searchPath: "\(folder)/path"
        )
    }

    /// A static executable; for another machine as far as its header says, if that is asked for.
    private func putAgent(_ path: String, alien: Bool = false) throws {
        var content = try bytes(of: staticExecutable)
        if alien { content[18] = Self.alien.1 }
        try writeFile(content, to: path, mode: 0o700)
    }

    @Test(.timeLimit(.minutes(1)))
    func theOrderIsOwnThenNamedThenBesideThenPath() async throws {
        try await withFolders { folder in
            let here = "execnet-agent-\(Platform.current)"
            let paths = [
                "named/\(here)", "named/execnet-agent", "beside/\(here)", "beside/execnet-agent", "path/execnet-agent",
            ].map { "\(folder)/\($0)" }
            for path in paths { try putAgent(path) }
            let own = search(folder, own: ExecutablePath.running).findings(for: .current)
            #expect(own.candidates.map(\.path) == [ExecutablePath.running] + paths)
            #expect(own.candidates.map(\.isOwn) == [true] + paths.map { _ in false })
            #expect(own.candidates.map(\.isStatic) == [false] + paths.map { _ in true })
            #expect(own.refused == [])
            #expect(try await own.candidates[1].image().isStatic)

            let others = search(folder).findings(for: .current)
            #expect(others.candidates.map(\.path) == paths)
            #expect(others.refused == ["this program: has not called Agent.serveIfLaunched()"])

            let option = search(folder, option: paths[4], own: ExecutablePath.running).findings(for: .current)
            #expect(option.candidates.map(\.path) == [paths[4]])
            let optionFolder = search(folder, option: "\(folder)/beside").findings(for: .current)
            #expect(optionFolder.candidates.map(\.path) == [paths[2], paths[3]])
            // A command is found along PATH.
            let command = search(folder, option: "execnet-agent").findings(for: .current)
            #expect(command.candidates.map(\.path) == [paths[4]])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func agentsOfOtherPlatformsAreFoundByTheirHeader() async throws {
        let alien = try #require(Platform(system: "Linux", machine: Self.alien.0))
        try await withFolders { folder in
            try putAgent("\(folder)/named/execnet-agent")
            try putAgent("\(folder)/beside/execnet-agent-\(alien)", alien: true)
            // Named as if for that machine, but it is not.
            try putAgent("\(folder)/path/execnet-agent-\(alien)")
            try writeFile(Array("#!/bin/sh\n".utf8), to: "\(folder)/path/execnet-agent", mode: 0o700)
            let images = search(folder, own: ExecutablePath.running)
            let findings = images.findings(for: alien)
            #expect(findings.candidates.map(\.path) == ["\(folder)/beside/execnet-agent-\(alien)"])
            #expect(
                findings.refused == [
                    "this program: is built for \(Platform.current)",
                    "\(folder)/named/execnet-agent: is built for \(Platform.current)",
                    "\(folder)/path/execnet-agent-\(alien): is built for \(Platform.current)",
                    "\(folder)/path/execnet-agent: is not an ELF executable",
                ]
            )
            let image = try await findings.candidates[0].image()
            #expect(image.platform == alien)
            let text = images.error(for: alien, findings, gateway: "gw1").description
            #expect(text.hasPrefix("[gw1] There is no agent for \(alien)."))
            #expect(text.contains("EXECNET_AGENT_PATH. Tried:\n  this program: is built for"))
            #expect(text.hasSuffix("/path/execnet-agent: is not an ELF executable"))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aFileIsTriedOnlyOnce() async throws {
        try await withFolders { folder in
            try putAgent("\(folder)/named/execnet-agent")
            try link("../named/execnet-agent", at: "\(folder)/path/execnet-agent")
            #expect(search(folder).findings(for: .current).candidates.count == 1)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func namesThatLeadNowhereAreShown() async throws {
        try await withFolders { folder in
            let findings = search(folder, option: "\(folder)/none", own: ExecutablePath.running).findings(for: .current)
            #expect(findings.candidates.isEmpty)
            #expect(findings.refused == ["\(folder)/none: No such file or directory"])
            let empty = search(folder, option: "\(folder)/path").findings(for: .current)
            #expect(empty.refused == ["\(folder)/path/execnet-agent-\(Platform.current): No such file or directory"])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aProcessHereIsStartedFromTheOwnImageOrElseTheFirstThatRuns() async throws {
        try await withFolders { folder in
            let own = try search(folder, own: "/proc/self/exe").local(gateway: "gw1")
            #expect(own.path == "/proc/self/exe")
            #expect(own.isOwn)
            await expectGatewayError(.notPlantable, "[gw1]", "Agent.serveIfLaunched()", "EXECNET_AGENT_PATH") {
                try search(folder).local(gateway: "gw1")
            }
            try putAgent("\(folder)/named/execnet-agent", alien: true)
            try putAgent("\(folder)/beside/execnet-agent")
            try #require(chmod("\(folder)/beside/execnet-agent", 0o600) == 0)
            try writeFile(Array("#!/bin/sh\n".utf8), to: "\(folder)/path/execnet-agent", mode: 0o700)
            let found = try search(folder).local(gateway: "gw1")
            #expect(found.path == "\(folder)/path/execnet-agent")
            #expect(!found.isOwn)

            let option = try search(folder, option: "\(folder)/path", own: "/proc/self/exe").local(gateway: "gw1")
            #expect(option.path == "\(folder)/path/execnet-agent")
            #expect(!option.isOwn)
            await expectGatewayError(.noAgentImage, "[gw1]", "\(folder)/none") {
                try search(folder, option: "\(folder)/none").local(gateway: "gw1")
            }
        }
    }
}
