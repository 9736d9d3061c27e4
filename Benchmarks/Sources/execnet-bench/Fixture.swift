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
struct Fixture: Decodable {
    /// A configuration file in which `bench` is that server.
    var config: String

    static let ssh: Fixture? = {
        guard let text = getenv("BENCH_FIXTURE") else { return nil }
        return try? JSONDecoder().decode(Fixture.self, from: Data(String(cString: text).utf8))
    }()

    /// The server, by libssh2 (`ssh2`) or the OpenSSH client (`sshcmd`).
    static func spec(_ client: String) -> String? { ssh.map { "\(client)=bench//config=\($0.config)" } }
}
