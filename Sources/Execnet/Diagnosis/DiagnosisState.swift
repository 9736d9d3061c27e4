//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSSH
import ExecnetSystem

/// How far a diagnosis is.
struct DiagnosisState {
    var report: DoctorReport
    /// The step that is being taken, if it said so.
    var current: DoctorStep.Name?
    /// When it was begun, or the one before it ended.
    var start = MonotonicTime.now
    /// How many steps somebody was told of.
    var told = 0
    /// Why the OpenSSH client takes the steps up to the shell.
    var client: String?
    var isOver = false

    init(_ report: DoctorReport) { self.report = report }

    mutating func ok(_ name: DoctorStep.Name, _ detail: String) {
        ok(name, detail, milliseconds: start.until(.now) / .milliseconds(1))
        (current, start) = (nil, .now)
    }

    mutating func ok(_ name: DoctorStep.Name, _ detail: String, milliseconds: Double?) {
        report.add(DoctorStep(name, .ok(detail, milliseconds: milliseconds)), skipping: reason)
    }

    /// The OpenSSH client has done its part.
    mutating func settleClient() {
        guard let client, report.awaits(.transport) else { return }
        ok(.transport, "the OpenSSH client, because \(client)")
    }

    mutating func fail(_ name: DoctorStep.Name, _ error: GatewayError) {
        if name.isBehindShell { settleClient() }
        var error = error
        // Its name is at the top.
        error.gateway = nil
        report.add(DoctorStep(name, error.code, "\(error)"), skipping: reason)
    }

    /// Which step it was that failed.
    func step(of error: GatewayError) -> DoctorStep.Name {
        switch error.code {
        case .nameNotResolved: .resolve
        case .connectionRefused, .connectTimedOut, .hostUnreachable, .notAuthenticated: .connect
        case .noCommonAlgorithm: .algorithms
        case .hostKeyUnknown, .hostKeyChanged, .hostKeyRevoked, .hostKeyUnsupported: .hostKey
        case .authenticationDenied, .authenticationTimedOut, .keyUnusable, .agentUnavailable: .authentication
        case .noiseWithoutAnswer: .shellNoise
        case .noWritableDirectory: .cacheDirectories
        case .agentCannotRun, .noPython, .noAgentImage, .uploadCutShort: .agentStart
        default: current ?? next
        }
    }

    private var next: DoctorStep.Name {
        switch report.next {
        // Where nothing was heard there was no noise either.
        case .shellNoise: .stage0
        // Where no directory is to blame, it was the agent.
        case .cacheDirectories, nil: .agentStart
        case .some(let name): name
        }
    }

    /// What is said of steps that nobody here has taken.
    private var reason: String { client.map { "left to the OpenSSH client, because \($0)" } ?? "not needed" }
}

extension DoctorStep.Name {
    fileprivate var isBehindShell: Bool { [.shellNoise, .stage0, .cacheDirectories, .agentStart].contains(self) }
}
