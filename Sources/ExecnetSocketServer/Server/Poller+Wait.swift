//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import Synchronization

extension Poller {
    /// Waits until a descriptor can be read or has ended. False: not within the limit, or the system cannot watch it.
    func waitReadable(_ descriptor: Int32, within limit: Duration? = nil) async -> Bool {
        await withCheckedContinuation { continuation in
            let answer = OneAnswer(continuation)
            do throws(SystemError) {
                try add(descriptor) {
                    guard let answer = answer.take() else { return }
                    self.remove(descriptor)
                    answer.resume(returning: true)
                }
            } catch {
                answer.take()?.resume(returning: false)
            }
            guard let limit else { return }
            schedule(after: limit) {
                guard let answer = answer.take() else { return }
                self.remove(descriptor)
                answer.resume(returning: false)
            }
        }
    }
}

/// A continuation that several may resume, of which the first does.
private final class OneAnswer: Sendable {
    private let continuation: Mutex<CheckedContinuation<Bool, Never>?>

    init(_ continuation: CheckedContinuation<Bool, Never>) { self.continuation = Mutex(continuation) }

    func take() -> CheckedContinuation<Bool, Never>? { continuation.withLock { $0.take() } }
}
