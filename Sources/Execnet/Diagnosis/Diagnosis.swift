//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetLaunchers
import ExecnetSSH
import ExecnetSystem
import Synchronization

/// Takes down how the opening of a gateway goes on, step by step.
final class Diagnosis: Sendable {
    private let state: Mutex<DiagnosisState>
    private let onStep: @Sendable (DoctorStep) -> Void

    init(_ spec: GatewaySpec, onStep: @escaping @Sendable (DoctorStep) -> Void) {
        state = Mutex(DiagnosisState(DoctorReport(spec)))
        self.onStep = onStep
    }

    private func change(_ body: (inout DiagnosisState) -> Void) {
        let news = state.withLock { state -> ArraySlice<DoctorStep> in
            guard !state.isOver else { return [] }
            body(&state)
            defer { state.told = state.report.steps.count }
            return state.report.steps[state.told...]
        }
        for step in news { onStep(step) }
    }

    // MARK: what the opening tells

    func note(_ event: SSHEvent) {
        change { state in
            switch event {
            case .began(let name): (state.current, state.start) = (name, MonotonicTime.now)
            case .ended(let name, let detail): state.ok(name, detail)
            case .client(let reason): (state.client, state.current) = (reason, .transport)
            }
        }
    }

    /// What was needed beforehand is there.
    func launching() { change { $0.start = .now } }

    /// There is a process, or a connection, that leads to the far side.
    func launched(_ stream: LaunchedStream) {
        change { state in
            guard let next = state.report.next, [.process, .connect].contains(next), state.client == nil else { return }
            let hop = stream.hop.map { ", through \($0.id)" } ?? ""
            state.ok(next, (stream.process?.name ?? "connected") + hop)
        }
    }

    func note(_ findings: BootstrapReport.Findings) {
        change { state in
            if let machine = findings.machine, state.report.awaits(.stage0) {
                state.settleClient()
                let noise = findings.noiseSize
                state.ok(
                    .shellNoise,
                    noise == 0 ? "none" : "\(noise) bytes, skipped.\(findings.noise)",
                    milliseconds: nil
                )
                state.ok(.stage0, machine)
            }
            guard state.report.awaits(.cacheDirectories) else { return }
            let refused = findings.refusals.joined(separator: "; ")
            if !findings.directory.isEmpty {
                let directory = findings.directory
                state.ok(.cacheDirectories, refused.isEmpty ? directory : "\(directory); refused: \(refused)")
            } else if findings.isPython, !refused.isEmpty {
                state.ok(.cacheDirectories, "none, and the Python agent needs none; refused: \(refused)")
            }
        }
    }

    /// - Parameter findings: nil where no shell was asked.
    func started(_ gateway: Gateway, _ findings: BootstrapReport.Findings?) async throws {
        // It came with the agent's first message.
        let info = try await gateway.info()
        change { state in
            var detail = "\(info.language) \(info.version), process \(info.pid), \(info.executable)"
            if let findings, !findings.isPython { detail += findings.wasPlanted ? ", planted now" : ", from the cache" }
            for note in findings?.notes ?? [] { detail += "; a better one was passed over: \(note)" }
            state.ok(.agentStart, detail)
        }
    }

    func measured(_ name: DoctorStep.Name, _ detail: String, milliseconds: Double?) {
        change { $0.ok(name, detail, milliseconds: milliseconds) }
    }

    // MARK: the end

    func failed(_ error: GatewayError) { change { $0.fail($0.step(of: error), error) } }
    func failed(_ name: DoctorStep.Name, _ error: GatewayError) { change { $0.fail(name, error) } }

    /// The report, with what was not tried.
    func finish() -> DoctorReport {
        change { $0.report.finish() }
        return state.withLock { state in
            state.isOver = true
            return state.report
        }
    }
}
