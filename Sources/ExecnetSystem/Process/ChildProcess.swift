//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
import Synchronization

/// A process that this one started, from its start until it has been reaped.
///
/// It leads its own process group. When it ends, what is left of the group is killed before its pid can be used again.
package final class ChildProcess: Sendable {
    package typealias EndHandler = @Sendable (ExitStatus) -> Void

    private enum State {
        case running(whenEnded: [EndHandler])
        case ended(ExitStatus)
    }

    /// The pids of all that have not been reaped.
    private static let unreaped = Mutex<Set<Int32>>([])

    package let pid: Int32
    private let state = Mutex(State.running(whenEnded: []))

    private init(pid: Int32) { self.pid = pid }

    package static func start(
        _ plan: ProcessPlan,
        input: Descriptor,
        output: Descriptor,
        errors: Descriptor,
        poller: Poller
    ) throws(SystemError) -> ChildProcess {
        let child = ChildProcess(pid: try plan.start(input: input, output: output, errors: errors))
        unreaped.withLock { _ = $0.insert(child.pid) }
        do {
            try child.awaitEnd(poller)
        } catch {
            child.signal(SIGKILL)
            child.reap()
            throw error
        }
        return child
    }

    /// How it ended; nil while it runs.
    package var exitStatus: ExitStatus? {
        state.withLock { if case .ended(let status) = $0 { status } else { nil } }
    }

    /// Calls `handler` once the process has been reaped; at once if it already was.
    package func whenEnded(_ handler: @escaping EndHandler) {
        let status = state.withLock { state -> ExitStatus? in
            switch state {
            case .running(let handlers):
                state = .running(whenEnded: handlers + [handler])
                return nil
            case .ended(let status): return status
            }
        }
        if let status { handler(status) }
    }

    /// Sends a signal to its process group; nothing happens once it has been reaped.
    package func signal(_ number: Int32) {
        state.withLock { state in
            guard case .running = state else { return }
            // The group exists from the moment the child has run its first lines; before that only the pid does.
            if kill(-pid, number) != 0 { _ = kill(pid, number) }
        }
    }

    /// Sends a signal to the groups of all that have not been reaped; false if there are none.
    package static func signalAll(_ number: Int32) -> Bool {
        unreaped.withLock { pids in
            for pid in pids where kill(-pid, number) != 0 { kill(pid, number) }
            return !pids.isEmpty
        }
    }

    private func awaitEnd(_ poller: Poller) throws(SystemError) {
        let descriptor = Descriptor(owning: execnet_pidfd_open(pid))
        guard descriptor.value >= 0 else {
            // Kernels before 5.3, and sandboxes that forbid the call: a thread waits instead.
            return try SystemThread.start(name: "execnet-reaper") { self.reap() }
        }
        try poller.add(descriptor.value) {
            poller.remove(descriptor.value)
            descriptor.close()
            self.reap()
        }
    }

    private func reap() {
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        let (status, handlers) = state.withLock { state -> (ExitStatus, [EndHandler]) in
            guard case .running(let handlers) = state else { return (.exited(0), []) }
            kill(-pid, SIGKILL)
            ChildProcess.unreaped.withLock { _ = $0.remove(pid) }
            var word: Int32 = 0
            while waitpid(pid, &word, 0) < 0, errno == EINTR {}
            let status = ExitStatus(waitStatus: word)
            state = .ended(status)
            return (status, handlers)
        }
        for handler in handlers { handler(status) }
    }
}

extension ExitStatus {
    /// From the word that waitpid fills in.
    init(waitStatus word: Int32) {
        let signal = word & 0x7f
        self = signal == 0 ? .exited((word >> 8) & 0xff) : .signalled(signal)
    }
}
