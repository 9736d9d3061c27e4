//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetSystem

extension ProcessPlan {
    /// Starts the process with nothing to read, and nobody to hear it but through `output` and `errors`.
    package func startForTest(
        output: Descriptor? = nil,
        errors: Descriptor? = nil
    ) throws(SystemError) -> ChildProcess {
        let null = Descriptor(owning: open("/dev/null", O_RDWR | O_CLOEXEC))
        defer { null.close() }
        return try ChildProcess.start(
            self,
            input: null,
            output: output ?? null,
            errors: errors ?? null,
            poller: PollerThread.shared()
        )
    }
}

extension ExecutablePath {
    /// An executable of this package, which is built beside the test bundle.
    package static func built(_ name: String) -> String {
        resolvedRunning.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/") + "/" + name
    }
}
