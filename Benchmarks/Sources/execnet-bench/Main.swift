//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Measures one case of one workload: `execnet-bench W1 --list` names the cases of a workload, `execnet-bench W1 NAME` runs one and prints a
/// line `metric value unit` for each figure.
@main
struct Bench: ExecnetProgram {
    static func run() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count == 2, let cases = Workloads.all[arguments[0]] else {
            print("usage: execnet-bench W1|W2|W3|W4|W5|W8|W9|launchers --list|NAME")
            return
        }
        if arguments[1] == "--list" {
            for entry in cases { print(entry.name) }
            return
        }
        guard let entry = cases.first(where: { $0.name == arguments[1] }) else {
            print("There is no case \"\(arguments[1])\" in \(arguments[0]).")
            return
        }
        for figure in try await entry.run() { print("\(figure.metric) \(figure.value) \(figure.unit)") }
    }
}

/// A gateway with a Python agent; the interpreter is `BENCH_PYTHON`, as for the peers, or `python3`.
let pythonSpec = "popen//python=" + (getenv("BENCH_PYTHON").map { String(cString: $0) } ?? "python3")

/// One measured figure.
struct Figure {
    var metric: String
    var value: Double
    var unit: String
}

/// One case: run once in a fresh process.
struct Case: Sendable {
    var name: String
    var run: @Sendable () async throws -> [Figure]
}

enum Workloads {
    static let all: [String: [Case]] = [
        "W1": RoundTrip.cases, "W2": Stream.cases, "W3": Bulk.cases, "W4": Start.cases + SSHServer.starts,
        "W5": Programs.cases,
        "W8": Serialization.cases, "W9": SSHServer.bulk, "launchers": Launchers.cases,
    ]
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

/// How long something takes, in seconds.
func seconds(_ body: () async throws -> Void) async rethrows -> Double {
    let start = ContinuousClock.now
    try await body()
    return (ContinuousClock.now - start).seconds
}
