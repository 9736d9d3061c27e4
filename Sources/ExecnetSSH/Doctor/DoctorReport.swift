//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What `execnet doctor` found out about one gateway.
public struct DoctorReport: Sendable, Hashable {
    /// What was looked at: a spec or a host.
    public let target: String
    /// All steps, those too that were not tried.
    public private(set) var steps: [DoctorStep] = []
    /// The steps that are still to come.
    private var awaited: [DoctorStep.Name]
    /// A report without results.
    ///
    /// - Parameters:
    ///   - target: the spec, without secrets.
    ///   - names: the steps, in order.
    public init(of target: String, steps names: [DoctorStep.Name]) {
        self.target = target
        awaited = names
    }

    /// Whether nothing failed.
    public var isOK: Bool { !steps.contains(where: \.isFailed) }

    /// The step to try next; nil if there is none, or none that could work after what failed.
    public var next: DoctorStep.Name? { obstacle == nil ? awaited.first : nil }

    /// That of the longest name.
    var nameWidth: Int { (steps.map(\.name) + awaited).map(\.rawValue.count).max() ?? 0 }

    /// What failed so that the rest depends on it.
    private var obstacle: DoctorStep.Name? { steps.first { $0.isFailed && !$0.name.isMeasurement }?.name }

    /// Whether a step is still to come.
    package func awaits(_ name: DoctorStep.Name) -> Bool { awaited.contains(name) }

    /// Adds a result. Awaited steps before it were not tried.
    ///
    /// - Parameter reason: why they were not.
    public mutating func add(_ step: DoctorStep, skipping reason: String = "not needed") {
        if let index = awaited.firstIndex(of: step.name) {
            for name in awaited[..<index] { steps.append(DoctorStep(name, .skipped(reason))) }
            awaited.removeSubrange(...index)
        }
        steps.append(step)
    }

    /// Adds what is left as not tried.
    public mutating func finish() {
        let why = obstacle.map { "\($0.rawValue) failed" } ?? "not tried"
        for name in awaited { steps.append(DoctorStep(name, .skipped(why))) }
        awaited = []
    }
}
