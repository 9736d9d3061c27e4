//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSSH

/// libssh2's codes, as they are told apart here.
enum SSHCode {
    static let again = Int32(EXECNET_SSH_AGAIN)
    static let failed = Int32(EXECNET_SSH_FAILED)
    static let noMemory = Int32(EXECNET_SSH_NO_MEMORY)
    static let transportEnded = Int32(EXECNET_SSH_TRANSPORT_ENDED)
    static let denied = Int32(EXECNET_SSH_DENIED)
    static let disconnected = Int32(EXECNET_SSH_DISCONNECTED)
    static let timedOut = Int32(EXECNET_SSH_TIMED_OUT)
    static let passwordExpired = Int32(EXECNET_SSH_PASSWORD_EXPIRED)
    static let openRefused = Int32(EXECNET_SSH_OPEN_REFUSED)
    static let requestRefused = Int32(EXECNET_SSH_REQUEST_REFUSED)
}

/// What a call of libssh2 has come to.
enum SSHCall<Value> {
    case done(Value)
    /// More input is needed first.
    case again
    /// With one of libssh2's codes.
    case failed(Int32)
}

extension SSHCall where Value == Int32 {
    /// What a call returned that has 0 or a count, or a code.
    init(_ result: Int32) {
        self = result >= 0 ? .done(result) : result == SSHCode.again ? .again : .failed(result)
    }
}

/// What a call of libssh2 failed with.
struct SSHFailure: Error, CustomStringConvertible {
    let code: Int32
    /// In libssh2's words.
    let description: String

    init(_ code: Int32, _ description: String) {
        self.code = code
        self.description = description
    }
}
