//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
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

/// Machines that are not as one would wish, made from this one.
enum FarSide {
    /// The smallest dynamic agent.
    static let agent = ExecutablePath.built("execnet-agent")

    /// The static agent, which `make agent` builds; `make test` does so too.
    static let staticAgent =
        #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined() + "/.build-agent/release/execnet-agent"

    /// In front of a command: without the variables that name directories.
    static let homeless = ["env", "-u", "HOME", "-u", "XDG_CACHE_HOME", "-u", "XDG_RUNTIME_DIR", "-u", "TMPDIR"]

    /// The words of a command that does something first, and then becomes what follows it.
    static func after(_ script: String) -> [String] { ["sh", "-ec", script + "\nexec \"$@\"", "sh"] }

    /// The same, with file systems of its own.
    static func mounting(_ script: String) -> [String] { ["unshare", "-m"] + after(script) }

    /// Whether file systems can be mounted for a test. Only a privileged user can.
    static let canMount = system("unshare -m true 2>/dev/null") == 0
    static let canChangeRoot = geteuid() == 0

    static func spec(_ command: [String], agent: String? = nil) -> GatewaySpec {
        var spec = GatewaySpec()
        spec.place = .command(command)
        spec.agent = agent
        return spec
    }

    /// A machine with nothing but a static busybox, for the time of `body`: no /dev, no /proc, no /etc.
    static func withBareRoot<R>(
        shell: String = "/bin/busybox",
        isolation: isolated (any Actor)? = #isolation,
        _ body: (String) async throws -> R
    ) async throws -> R {
        try await withTemporaryFolder { root in
            for folder in ["bin", "tmp"] { try #require(mkdir("\(root)/\(folder)", 0o700) == 0) }
            try copyFile("/bin/busybox", to: "\(root)/bin/busybox")
            if shell != "/bin/busybox" { try copyFile(shell, to: "\(root)/bin/shell") }
            try #require(symlink(shell == "/bin/busybox" ? "busybox" : "shell", "\(root)/bin/sh") == 0)
            return try await body(root)
        }
    }

    /// A folder for PATH with the tools that stage 0 may use, and others in their place.
    static func withTools<R>(
        except missing: [String] = [],
        fakes: [String: String] = [:],
        isolation: isolated (any Actor)? = #isolation,
        _ body: (String) async throws -> R
    ) async throws -> R {
        try await withTemporaryFolder { folder in
            for tool in [
                "cat", "chmod", "dd", "env", "getconf", "gzip", "head", "id", "ln", "mkdir", "mv", "nice", "python3",
                "rm", "touch", "uname", "wc",
            ]
            where !missing.contains(tool) && fakes[tool] == nil {
                let path = try #require(ExecutablePath.find(tool, path: "/usr/bin:/bin"), "\(tool)")
                try #require(symlink(path, "\(folder)/\(tool)") == 0)
            }
            for (tool, script) in fakes {
                try writeFile("#!/bin/sh\n\(script)\n", to: "\(folder)/\(tool)", mode: 0o700)
            }
            return try await body(folder)
        }
    }

    /// The name of the directory that agents are kept in.
    static let cacheName = ".execnet-\(geteuid())"

    /// Checks that a directory holds images and nothing unfinished.
    static func expectProperCache(_ folder: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let kept = names(in: "\(folder)/\(cacheName)")
        #expect(!kept.isEmpty, sourceLocation: sourceLocation)
        #expect(kept.allSatisfy { $0.utf8.count == 32 }, "\(kept)", sourceLocation: sourceLocation)
    }

    /// Checks that a gateway runs a script of the far shell.
    static func expectWorks(_ gateway: Gateway, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let channel = try await gateway.remoteExec(.shell("read line; echo \"got $line\""))
        try await channel.send("this\n")
        #expect(try await channel.receive(as: String.self) == "got this", sourceLocation: sourceLocation)
        try await channel.waitClose()
    }

    /// Opens a gateway, and checks that it works.
    static func expectWorks(
        _ spec: GatewaySpec,
        language: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await withGateway(spec, configuration: .quiet) { gateway in
            try await expectWorks(gateway, sourceLocation: sourceLocation)
            if let language {
                #expect(try await gateway.info().language == language, sourceLocation: sourceLocation)
            }
        }
    }
}
