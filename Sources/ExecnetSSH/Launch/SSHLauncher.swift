//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetCore
package import ExecnetLaunchers
import ExecnetSystem
package import Logging

/// Reaches the far side through an SSH server: by libssh2, or by the OpenSSH client where libssh2 does not do.
package struct SSHLauncher: Launcher {
    private let options: SSHOptions
    private let configuration: SSHConfiguration
    private let via: Gateway?
    private let logger: Logger

    /// - Parameter via: the gateway from whose machine the first server is reached.
    package init(_ options: SSHOptions, _ configuration: SSHConfiguration, via: Gateway?, logger: Logger) {
        self.options = options
        self.configuration = configuration
        self.via = via
        self.logger = logger
    }

    package func launch(_ shell: ShellCommand, gateway: String) async throws -> LaunchedStream {
        guard options.client != .openSSH else {
            configuration.observer(.client(because: "sshcmd= asks for it"))
            return try await start(try byClient(nil, gateway), shell, gateway)
        }
        do {
            return try await sessions(gateway).launch(shell, gateway: gateway)
        } catch let need as NeedsOpenSSH {
            let error = GatewayError(need.code, "libssh2 does not do here, because \(need.reason).", gateway: gateway)
            guard options.client == .automatic else { throw error }
            return try await instead(need, error, shell, gateway)
        } catch let error as GatewayError {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            throw GatewayError(.launchFailed, "\(options.destination) was not reached: \(error).", gateway: gateway)
        }
    }

    // MARK: libssh2

    private func sessions(_ gateway: String) async throws -> SSHSessions {
        configuration.observer(.began(.configuration))
        if let obstacle = SSHLibrary.obstacle {
            throw NeedsOpenSSH(reason: "it cannot be used (\(obstacle); Debian: libssh2-1)", code: .sshUnavailable)
        }
        let plan: SSHPlan
        do {
            plan = try await BlockingWork.run { [options, configuration] in try SSHPlan(options, configuration) }
        } catch let error as SSHConfigError {
            throw GatewayError(.invalidSpec, "The configuration of ssh cannot be used: \(error).", gateway: gateway)
        }
        if !plan.needsOpenSSH.isEmpty {
            let options = plan.needsOpenSSH.joined(separator: ", ")
            throw NeedsOpenSSH(
                reason: "the configuration has options that only OpenSSH follows: \(options)",
                code: .sshUnavailable
            )
        }
        configuration.observer(.ended(.configuration, plan.summary))
        return SSHSessions(
            hops: plan.hops,
            credentials: configuration.credentials,
            via: via,
            logger: logger,
            observer: configuration.observer
        )
    }

    // MARK: the OpenSSH client

    /// The client in place of libssh2, if it can take over.
    private func instead(
        _ need: NeedsOpenSSH,
        _ error: GatewayError,
        _ shell: ShellCommand,
        _ gateway: String
    ) async throws -> LaunchedStream {
        configuration.observer(.client(because: need.reason))
        let client: CommandLauncher
        do {
            client = try byClient(need.restriction, gateway)
        } catch let obstacle {
            throw GatewayError(need.code, error.message, gateway: gateway, cause: obstacle)
        }
        logger.info(
            "the OpenSSH client is used",
            metadata: ["gateway": "\(gateway)", "reason": "\(need.reason)"]
        )
        return try await start(client, shell, gateway)
    }

    private func start(
        _ client: CommandLauncher,
        _ shell: ShellCommand,
        _ gateway: String
    ) async throws -> LaunchedStream {
        var stream = try await client.launch(shell, gateway: gateway)
        stream.explain = SSHLauncher.explained
        return stream
    }

    /// - Parameter restriction: what a host that has refused keys may still be offered.
    private func byClient(
        _ restriction: (host: String, keyAlgorithms: [String])?,
        _ gateway: String
    ) throws(GatewayError) -> CommandLauncher {
        func error(_ reason: String) -> GatewayError {
            GatewayError(.sshUnavailable, "The OpenSSH client cannot be used: \(reason).", gateway: gateway)
        }
        guard via == nil else {
            // It would run on the gateway's machine, with the keys that are there.
            throw error("via= is for libssh2; jump= does what it is for")
        }
        guard ExecutablePath.find("ssh") != nil else {
            throw error("there is none on this machine (Debian: openssh-client)")
        }
        let surroundings = configuration.surroundings ?? SSHSurroundings.current()
        let options = surroundings.map(self.options.expanded) ?? self.options
        func hop(_ destination: SSHDestination) -> SSHClientArguments.Hop {
            let isRestricted = restriction?.host == destination.description
            return .init(
                destination: destination,
                identities: options.identities,
                keyAlgorithms: isRestricted ? restriction?.keyAlgorithms : nil
            )
        }
        let named = [options.destination] + (options.jumps ?? [])
        guard restriction.map({ restriction in named.contains { $0.description == restriction.host } }) ?? true else {
            throw error("it would offer a host on the way what that has refused; name the hosts with jump=")
        }
        var arguments = SSHClientArguments(to: hop(options.destination))
        arguments.jumps = options.jumps?.map { hop($0) }
        arguments.configuration = options.config
        arguments.knownHosts = options.knownHosts.map { [$0] }
        arguments.policy = policy
        arguments.agent = options.agent
        arguments.connectTimeout = configuration.timeouts.connect
        do throws(SSHClientArguments.Failure) {
            return CommandLauncher(try arguments.arguments(), form: .line)
        } catch let failure {
            throw error("\(failure)")
        }
    }

    private var policy: HostKeyPolicy? {
        switch options.hostKey {
        // The configuration decides; nobody is asked.
        case nil: nil
        case .strict: .strict
        case .acceptNew: .acceptNew
        case .insecure: .insecure
        case .pinned(let fingerprint): .pinned(fingerprint)
        }
    }
}

extension SSHLauncher {
    /// The end of the OpenSSH client in the light of what it has printed, if it failed itself.
    private static func explained(_ error: GatewayError, _ status: ExitStatus) -> GatewayError {
        guard case .exited(let status) = status,
            let failure = SSHClientFailure(status: status, standardError: error.standardError)
        else { return error }
        var error = error
        error.code = failure.code
        error.message = "\(failure)"
        return error
    }
}
