//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet

/// The same as a description: the library takes the steps.
enum InOneLine {
    static func run() async throws {
        print("In one line:")
        try await withGateway("popen//id=proxy") { proxy in
            // A socket server for this one gateway, with a key that nobody else has.
            try await withGateway("socket//installvia=proxy//id=installed") { try await greet($0) }
            // Without a socket: a process that the proxy starts; its bytes travel in a channel.
            try await withGateway("popen//via=proxy//id=through") { try await greet($0) }
        }
        print("  all gateways are closed")
    }
}
