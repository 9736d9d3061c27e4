//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The private SSH server that the peers' benchmark has started, as it describes it in the variable BENCH_FIXTURE.
struct SSHServer: Decodable {
    /// A configuration file in which `bench` is that server.
    var config: String

    /// Beside the starts: what 100 of them cost, and round trips, which the peers have no row for.
    static let starts =
        both.flatMap { client in
            [
                Case(name: "\(client)=, agent in the cache") {
                    try await with(client) { try await Start.oneByOne($0, count: 4) }
                },
                Case(name: "20x \(client)=, all at once") {
                    try await with(client) { try await Start.together($0, count: 20) }
                },
                Case(name: "\(client)=, round trip") { try await with(client) { try await RoundTrip.measure($0) } },
            ]
        } + [
            Case(name: "100x ssh2=, all at once") { try await with("ssh2") { try await Launchers.many(100, $0) } }
        ]

    static let bulk = both.flatMap { client in
        [
            Case(name: "\(client)= channel, us to worker") {
                try await with(client) { try await Stream.up($0, count: 200, size: 1 << 20, Bulk.megabytes) }
            },
            Case(name: "\(client)= channel, worker to us") {
                try await with(client) { try await Stream.down($0, count: 200, size: 1 << 20, Bulk.megabytes) }
            },
        ]
    }

    /// By libssh2, and by the OpenSSH client.
    private static let both = ["ssh2", "sshcmd"]

    /// Measures with the description of a gateway there; nothing if there is no server.
    private static func with(_ client: String, _ body: (String) async throws -> [Figure]) async throws -> [Figure] {
        guard let text = getenv("BENCH_FIXTURE") else { return [] }
        let server = try JSONDecoder().decode(SSHServer.self, from: Data(String(cString: text).utf8))
        return try await body("\(client)=bench//config=\(server.config)")
    }
}
