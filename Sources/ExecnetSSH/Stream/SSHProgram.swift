//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem

/// A program that runs at the other end of a session, on its one channel.
struct SSHProgram: Sendable {
    var session: SSHSession
    var channel: SSHChannel
    /// As errors call it.
    var host: String
    var process: RemoteProcess
    let errors = SSHErrors()

    init(_ session: SSHSession, _ channel: SSHChannel, host: String) {
        self.session = session
        self.channel = channel
        self.host = host
        // libssh2 1.10 cannot send signals. An agent ends by itself when its link does.
        process = RemoteProcess(name: "process on \(host)")
    }
}

extension SSHProgram {
    /// Ends it without having listened to it.
    func leave() {
        session.close()
        process.ended(nil)
        errors.end()
    }
}

/// A channel of libssh2's.
struct SSHChannel: @unchecked Sendable {
    // Unchecked because it is only looked into during a session's `call`, and those exclude each other.
    let pointer: OpaquePointer
}
