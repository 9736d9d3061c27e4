//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

public import ExecnetCore
public import ExecnetSSH

extension Gateway {
    /// Opens a gateway as `open` does, but step by step, and says of each whether it works, or what the obstacle and its remedy are.
    /// Then measures the gateway, and closes it.
    ///
    /// Nothing is left behind but what an opened gateway leaves too: the agent in the far side's cache, and with `acceptNew` the host's key.
    /// The agent in the cache is tested before it is started.
    /// - Parameters:
    ///   - spec: the gateway.
    ///   - configuration: as for opening it.
    ///   - ssh: as for opening it; its observer is not told.
    ///   - onStep: told of each step when it is done.
    public static func diagnose(
        _ spec: GatewaySpec,
        configuration: GatewayConfiguration = GatewayConfiguration(),
        ssh: SSHConfiguration = SSHConfiguration(),
        onStep: @escaping @Sendable (DoctorStep) -> Void = { _ in }
    ) async -> DoctorReport {
        let diagnosis = Diagnosis(spec, onStep: onStep)
        var ssh = ssh
        ssh.observer = { diagnosis.note($0) }
        var opening = Opening(id: spec.id ?? "doctor", spec: spec, configuration: configuration, ssh: ssh)
        opening.diagnosis = diagnosis
        do {
            try Task.checkCancellation()
            let gateway = try await opening.open()
            await diagnosis.examine(gateway)
            await gateway.closeUncancelled()
        } catch let error as GatewayError {
            diagnosis.failed(error)
        } catch is CancellationError {
            // Nobody wants to know any more.
        } catch {
            diagnosis.failed(GatewayError(.launchFailed, "\(error)"))
        }
        return diagnosis.finish()
    }
}

extension DoctorReport {
    /// A report in which all is to come, on what has to work for a gateway.
    public init(_ spec: GatewaySpec) {
        let shell: [DoctorStep.Name] = [.shellNoise, .stage0, .cacheDirectories]
        let way: [DoctorStep.Name] =
            switch spec.place {
            case .popen where spec.via == nil: [.process]
            case .popen, .command: [.process] + shell
            case .socket, .installedSocket: [.connect] + shell
            case .ssh:
                [.configuration, .resolve, .connect, .version, .algorithms, .hostKey, .authentication, .transport]
                    + shell
            }
        self.init(of: spec.description, steps: way + [.agentStart, .roundTrip, .clock, .throughput])
    }
}
