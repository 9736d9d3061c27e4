//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem

/// Starts a detached thread of the system's own, for work that waits in system calls.
package enum SystemThread {
    package static func start(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        let failure = startThread(name, Unmanaged.passRetained(Body(run: body)))
        guard failure == 0 else { throw SystemError("start a thread", number: failure) }
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private static func startThread(_ name: String, _ body: Unmanaged<Body>) -> Int32 {
        let failure = execnet_thread_start(name, { SystemThread.runBody($0) }, body.toOpaque())
        if failure != 0 { body.release() }
        return failure
    }

    private static func runBody(_ argument: UnsafeMutableRawPointer?) {
        guard let argument else { return }
        Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
    }
}
