//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Crypto

/// The token `%C`: a name for a connection that fits into a path.
enum ConnectionHash {
    static func of(localHost: String, host: String, port: Int, user: String) -> String {
        // Given by the format of OpenSSH; nothing is protected by it.
        let digest = Insecure.SHA1.hash(data: Array((localHost + host + String(port) + user).utf8))
        return digest.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
    }
}
