//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetTestSupport
import Testing

/// The ways to open a gateway on which every behaviour has to hold. A new launcher is one more case.
enum GatewayKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case native, python
    case command, commandPython
    case socket, socketPython
    case tls, tlsPython
    case via, viaPython, throughPython
    case socketVia, tlsVia
    case ssh, sshPython, sshJumps, sshVia, sshCommand
    case dropbear

    var testDescription: String { rawValue }

    var isPython: Bool { rawValue.lowercased().hasSuffix("python") && self != .throughPython }
    var runsClosures: Bool { !isPython }
    var logsIn: Bool { rawValue.hasPrefix("ssh") || self == .dropbear }

    /// OpenSSH's client ends with 255 when its command was killed, and says no more.
    var hidesSignals: Bool { self == .sshCommand }

    /// The description of such a gateway, which can be opened for the time of `body`.
    func withSpec<R>(
        _ options: String = "",
        isolation: isolated (any Actor)? = #isolation,
        _ body: (String) async throws -> R
    ) async throws -> R {
        let options = (isPython ? "//python=python3" : "") + options
        switch self {
        case .native, .python: return try await body("popen" + options)
        case .command, .commandPython: return try await body("command=env" + options)
        case .socket, .socketPython:
            return try await TestServer.with(hasKey: false) { try await body($0.spec + options) }
        case .tls, .tlsPython:
            return try await TestServer.with(hasKey: true) { try await body($0.spec + options) }
        case .socketVia, .tlsVia:
            return try await TestServer.with(hasKey: self == .tlsVia) { server in
                try await withGateway("popen", configuration: .quiet) { hop in
                    try await body(server.spec + "//via=\(hop.id)" + options)
                }
            }
        case .ssh, .sshPython: return try await TestSSHServer.with { try await body($0.spec() + options) }
        case .sshCommand: return try await TestSSHServer.with { try await body($0.spec("sshcmd") + options) }
        // The server is reached through itself, twice.
        case .sshJumps:
            return try await TestSSHServer.with { try await body($0.spec() + "//jump=first,second" + options) }
        case .sshVia:
            return try await TestSSHServer.with { server in
                try await withGateway("popen", configuration: .quiet) { hop in
                    try await body(server.spec() + "//via=\(hop.id)" + options)
                }
            }
        case .dropbear: return try await TestSSHServer.withDropbear { try await body($0.spec() + options) }
        case .via, .viaPython: return try await through("popen", options, body)
        case .throughPython: return try await through("popen//python=python3", options, body)
        }
    }

    private func through<R>(
        _ hop: String,
        _ options: String,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (String) async throws -> R
    ) async throws -> R {
        try await withGateway(hop, configuration: .quiet) { try await body("popen//via=\($0.id)" + options) }
    }

    /// Opens a gateway for the time of `body`. What its programs print is dropped.
    func open<R>(
        _ options: String = "",
        configuration: GatewayConfiguration = .quiet,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (GatewayUnderTest) async throws -> R
    ) async throws -> R {
        try await withSpec(options) { spec in
            try await withGateway(spec, configuration: configuration) { gateway in
                try await body(GatewayUnderTest(kind: self, gateway: gateway))
            }
        }
    }
}
