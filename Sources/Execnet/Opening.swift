//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetLaunchers
import ExecnetSSH
import ExecnetSystem
import ExecnetWire
import Logging

/// One gateway being opened.
struct Opening: Sendable {
    let id: String
    let spec: GatewaySpec
    let configuration: GatewayConfiguration
    var ssh = SSHConfiguration()
    /// Told of the steps.
    var diagnosis: Diagnosis?

    func open() async throws -> Gateway {
        if spec.place == .popen, spec.via == nil {
            let stream = try localStream()
            diagnosis?.launched(stream)
            let gateway = try await start(stream)
            try await diagnosis?.started(gateway, nil)
            return gateway
        }
        if case .installedSocket(let hopID) = spec.place {
            let server = try await InstalledServer.start(on: try OpenGateways.find(hopID, for: id), for: self)
            return try await server.open { try await open($0) }
        }
        return try await open(try launcher(spec.server))
    }

    private func open(_ launcher: any Launcher) async throws -> Gateway {
        let plan = try await bootstrapPlan()
        let report = makeReport()
        do {
            return try await start(launcher, plan, report)
        } catch let error as GatewayError where error.code == .startFailed && mayBePythonServer && !report.wasAnswered {
            // A server that closes the connection without a word may be the one that comes with Python's execnet.
            var other = plan
            other.nonce = BootstrapPlan.makeNonce()
            do {
                return try await start(try self.launcher(.python), other, makeReport())
            } catch is GatewayError {
                // It is not, and what the first try met says more.
                throw error
            }
        } catch let error as GatewayError where error.code == .agentCannotRun && report.usedCache {
            // What was in the cache may have been damaged. This time it is tested, and replaced if need be.
            var careful = plan
            careful.nonce = BootstrapPlan.makeNonce()
            careful.trustsCache = false
            return try await start(launcher, careful, makeReport())
        }
    }

    private func makeReport() -> BootstrapReport {
        guard let diagnosis else { return BootstrapReport() }
        return BootstrapReport { diagnosis.note($0) }
    }

    private func start(_ stream: LaunchedStream) async throws -> Gateway {
        var configuration = configuration
        if let heartbeat = stream.heartbeat, configuration.heartbeat == GatewayConfiguration().heartbeat {
            configuration.heartbeat = heartbeat
        }
        return try await Gateway.start(
            id: id,
            spec: spec.description,
            stream: stream,
            configuration: configuration,
            hello: ["serial": .bool(spec.isSerial)]
        )
    }

    // MARK: a process of this machine

    private func localStream() throws(GatewayError) -> LaunchedStream {
        let image = spec.python == nil ? try AgentImages(option: spec.agent).local(gateway: id).path : nil
        do throws(SystemError) {
            let process = try LocalProcess(starting: try processPlan(image: image))
            return spec.python == nil ? process.stream : process.pythonStream
        } catch {
            throw GatewayError(.launchFailed, "The agent could not be started: \(error).", gateway: id, cause: nil)
        }
    }

    private func processPlan(image: String?) throws(SystemError) -> ProcessPlan {
        var plan: ProcessPlan
        if let python = spec.python, let command = python.first {
            guard let path = ExecutablePath.find(command) else {
                throw SystemError("find \"\(command)\"", number: ENOENT)
            }
            plan = ProcessPlan(executable: path, arguments: PythonAgent.arguments(python))
        } else {
            plan = ProcessPlan(executable: image ?? "", arguments: ["execnet-agent[\(id)]"])
        }
        plan.environment.merge(spec.environment) { $1 }
        plan.markAsAgent(of: id)
        plan.nice = Int32(spec.nice)
        if let directory = spec.directory {
            mkdir(directory, 0o777)
            plan.directory = directory
        }
        return plan
    }

    // MARK: behind a shell

    private func start(
        _ launcher: any Launcher,
        _ plan: BootstrapPlan,
        _ report: BootstrapReport
    ) async throws -> Gateway {
        diagnosis?.launching()
        var stream = try await launcher.launch(ShellCommand(plan), gateway: id)
        diagnosis?.launched(stream)
        stream.prologue = Bootstrap(plan, report: report, request: stream.preamble)
        stream.preamble = []
        let gateway = try await start(stream)
        try await diagnosis?.started(gateway, report.findings)
        for note in report.notes {
            configuration.logger.warning("A better agent was passed over: \(note)", metadata: ["gateway": "\(id)"])
        }
        return gateway
    }

    private func bootstrapPlan() async throws -> BootstrapPlan {
        var plan = BootstrapPlan { [spec] in await Opening.images(spec, for: $0) }
        if let python = spec.python {
            plan.choice = .python(python)
        } else {
            plan.images = await Opening.images(spec, for: .current)
        }
        plan.environment = Agent.marks(of: id).merging(spec.environment) { $1 }
        if let name = plan.environment.keys.first(where: { !Stage0.isVariable($0) }) {
            throw GatewayError(
                .invalidSpec,
                "A shell on the far side cannot set a variable with the name \"\(name)\".",
                gateway: id
            )
        }
        plan.directory = spec.directory
        plan.nice = spec.nice
        plan.name = "execnet-agent[\(id)]"
        // A diagnosis is to see all.
        plan.trustsCache = diagnosis == nil
        if let progress = configuration.progress {
            plan.progress = { [id] in progress(OpeningProgress(gateway: id, sentBytes: $0, totalBytes: $1)) }
        }
        return plan
    }

    /// The agents for a platform, with all that they need.
    private static func images(_ spec: GatewaySpec, for platform: Platform) async -> BootstrapPlan.Images {
        let findings = AgentImages(option: spec.agent).findings(for: platform)
        var images = BootstrapPlan.Images(found: [], tried: findings.refused)
        for candidate in findings.candidates {
            do {
                images.found.append(try await candidate.image())
            } catch {
                images.tried.append("\(error)")
            }
        }
        return images
    }

    private func launcher(_ server: SocketServerKind?) throws(GatewayError) -> any Launcher {
        let hop = try spec.via.map { id throws(GatewayError) in try OpenGateways.find(id, for: self.id) }
        switch spec.place {
        case .command(let words, let form):
            return hop.map { ViaLauncher($0, command: words, form: form) } ?? CommandLauncher(words, form: form)
        case .socket(let address):
            warnOfExposedKey()
            return SocketLauncher(
                address,
                via: hop,
                security: spec.security,
                server: server ?? .execnet,
                timeout: configuration.openTimeout
            )
        case .ssh(let options):
            return SSHLauncher(options, ssh, via: hop, logger: configuration.logger)
        case .popen, .installedSocket: return hop.map { ViaLauncher($0) } ?? CommandLauncher(["env"])
        }
    }

    private func warnOfExposedKey() {
        guard let path = spec.security.exposedKeyFile else { return }
        configuration.logger.warning(
            "The key file can be read by others than its owner: chmod 600 it, and make a new key.",
            metadata: ["gateway": "\(id)", "file": "\(path)"]
        )
    }

    private var mayBePythonServer: Bool {
        guard case .socket = spec.place else { return false }
        return spec.server == nil && spec.security == .none
    }

    /// A gateway with a native agent on the machine of another one.
    func nativeGateway(beside hop: Gateway) async throws -> Gateway {
        var spec = GatewaySpec()
        spec.via = hop.id
        spec.agent = self.spec.agent
        return try await Opening(id: "\(id)-server", spec: spec, configuration: configuration).open()
    }
}
