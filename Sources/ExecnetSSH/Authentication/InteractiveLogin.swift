//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSSH
import ExecnetSystem
import Synchronization

/// Keyboard-interactive. libssh2 calls for the answers, and cannot come back to a question later: so all of it is on a thread of its own,
/// which waits while somebody is asked.
final class InteractiveLogin: Sendable {
    enum Event: Sendable {
        /// Goes on when answered.
        case asked(SSHQuestions)
        /// With libssh2's code.
        case ended(Int32)
    }

    private struct State {
        var event: Event?
        var waiter: CheckedContinuation<Event, Never>?
    }

    private struct Inbox {
        var answers: [SecretBytes]?
        var hasNews = false
    }

    private let session: SSHSession
    private let user: String
    private let state = Mutex(State())
    /// What the thread waits for.
    private let inbox = Monitor(Inbox())

    init(_ session: SSHSession, user: String) {
        self.session = session
        self.user = user
    }

    func start() throws(SystemError) { try SystemThread.start(name: "execnet-ssh") { self.run() } }

    /// What happens next. The last one is `ended`, which comes in any case, as the session does.
    func next() async -> Event {
        await withCheckedContinuation { continuation in
            let event = state.withLock { state in
                if state.event == nil { state.waiter = continuation }
                return state.event.take()
            }
            if let event { continuation.resume(returning: event) }
        }
    }

    func answer(_ answers: [SecretBytes]) {
        inbox.withLock { $0.answers = answers }
        inbox.signal()
    }

    // MARK: the thread

    private func run() {
        session.buffers.questions.withLock { questions in
            questions = { [weak self] in self?.ask($0) ?? [] }
        }
        var result = SSHCode.again
        while result == SSHCode.again {
            let known = session.buffers.news
            result = session.call { execnet_ssh_interactive($0, user) } ?? SSHCode.transportEnded
            if result == SSHCode.again { waitForNews(since: known) }
        }
        session.buffers.questions.withLock { $0 = nil }
        tell(.ended(result))
    }

    private func waitForNews(since known: Int) {
        session.buffers.whenNews(since: known) { [inbox] in
            inbox.withLock { $0.hasNews = true }
            inbox.signal()
        }
        inbox.wait {
            $0.hasNews
        } then: {
            $0.hasNews = false
        }
    }

    /// Inside of libssh2's call.
    private func ask(_ questions: SSHQuestions) -> [SecretBytes] {
        tell(.asked(questions))
        return inbox.wait {
            $0.answers != nil
        } then: {
            $0.answers.take() ?? []
        }
    }

    private func tell(_ event: Event) {
        let waiter = state.withLock { state in
            if state.waiter == nil { state.event = event }
            return state.waiter.take()
        }
        waiter?.resume(returning: event)
    }
}
