//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet

/// Each step is one that a program can take by itself, with ports of its own choice.
enum StepByStep {
    static func run() async throws {
        print("Step by step:")
        // A fresh process, in which the server is to run. It could as well be on another machine.
        try await withGateway("popen//id=proxy") { proxy in
            let server = try await proxy.remoteExec(SocketServerTask())
            let port = try await port(of: server)
            print("  a socket server listens on port \(port)")
            try await withGateway("socket=localhost:\(port)//id=behind") { gateway in
                try await greet(gateway)
            }
            // Its task ends with its channel.
            try server.close()
        }
        print("  both gateways are closed")
    }

    /// Tells the server which ports it may take, and waits for the one that it took.
    private static func port(of server: Channel) async throws -> Int {
        try await server.set("portrange", to: Array(7770..<7800))
        guard let port = try await server.get("listenport", as: Int?.self, timeout: .seconds(3)) else {
            throw NoFreePort()
        }
        return port
    }
}

/// The server found no port that it could listen on.
struct NoFreePort: Error, CustomStringConvertible {
    var description: String { "Every port from 7770 to 7799 is taken: the socket server could not be started." }
}
