//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ArgumentParser
import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Runs `body`; Ctrl-C cancels it and makes the exit status 130. A second Ctrl-C ends the process at once.
func cancelledByInterrupt(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let task = Task { try await body() }
    let watch = try Interrupt.watch { task.cancel() }
    defer { watch.cancel() }
    do {
        try await task.value
    } catch {
        throw task.isCancelled ? ExitCode(Interrupt.exitStatus) : error
    }
}

/// SIGINT as an event.
enum Interrupt {
    /// What shells make of a process that the signal ended.
    static let exitStatus = 128 + SIGINT

    /// The end of a pipe that the signal handler writes to.
    private static let signalled = Atomic<Int32>(-1)

    /// Calls `handler` when the signal comes for the first time; after that the signal ends the process as usual.
    ///
    /// A process that was started with the signal ignored, as in the background of a script, goes on ignoring it.
    static func watch(_ handler: @escaping @Sendable () -> Void) throws -> any DispatchSourceRead {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw ExitCode.failure }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        signalled.store(ends[1], ordering: .releasing)
        let source = DispatchSource.makeReadSource(fileDescriptor: ends[0])
        source.setEventHandler {
            handler()
            source.cancel()
        }
        source.resume()
        install()
        return source
    }

    private static func install() {
        var before = sigaction()
        sigaction(SIGINT, nil, &before)
        guard !isIgnored(before) else { return }
        var action = sigaction()
        let write: @convention(c) (Int32) -> Void = { _ in Interrupt.report() }
        #if os(Linux)
            action.__sigaction_handler.sa_handler = write
        #else
            action.__sigaction_u.__sa_handler = write
        #endif
        action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | Int32(SA_RESTART)
        sigaction(SIGINT, &action, nil)
    }

    private static func isIgnored(_ action: sigaction) -> Bool {
        #if os(Linux)
            let handler = action.__sigaction_handler.sa_handler
        #else
            let handler = action.__sigaction_u.__sa_handler
        #endif
        return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// Runs in the signal handler: nothing but one write.
    private static func report() {
        var byte: UInt8 = 1
        let error = errno
        _ = write(signalled.load(ordering: .acquiring), &byte, 1)
        errno = error
    }
}
