//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import Synchronization

/// A program that makes the connection: its standard input and output lead to the server.
final class ProxyCommand: Sendable {
    /// As much of what it says as an error quotes.
    private static let limit = 2_048

    let socket: Descriptor
    private let process: ChildProcess
    private let poller: Poller
    private let errors: DescriptorErrors
    private let said = Mutex<[UInt8]>([])

    /// - Parameter command: a command line of a shell.
    init(_ command: String) throws(SystemError) {
        let plan = ProcessPlan(executable: "/bin/sh", arguments: ["sh", "-c", "exec " + command])
        let local = try LocalProcess(starting: plan)
        socket = local.link
        process = local.process
        poller = local.poller
        errors = DescriptorErrors(local.errors, poller: local.poller)
        try? errors.start(
            onBytes: { [weak self] bytes in
                self?.said.withLock { $0 = ($0 + bytes).suffix(ProxyCommand.limit) }
            },
            onEnd: {}
        )
    }

    /// The end of what it wrote to its standard error; empty if nothing.
    var complaint: String { SSHText.printable(said.withLock { $0 }) }

    /// Ends it, with what it started.
    func stop() {
        errors.stop()
        process.signal(SIGTERM)
        poller.schedule(after: .seconds(2)) { [process] in process.signal(SIGKILL) }
    }
}
