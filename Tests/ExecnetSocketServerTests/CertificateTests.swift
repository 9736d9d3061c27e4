//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTLS
import ExecnetTestSupport
import NIOSSL
import Testing

@testable import ExecnetSocketServer

/// The mode with certificates.
@Suite(.timeLimit(.minutes(1)), .leavesNothingBehind)
struct CertificateTests {
    @Test func aClientWithATrustedCertificateIsServed() async throws {
        try await serve { server in
            let client = try await connect(server, TestCertificates.client, TestCertificates.clientKey)
            await client.run(makeToken(), "echo works")
            #expect(await client.rest() == "works\n")
            await client.close()
        }
    }

    @Test func strangersAreNot() async throws {
        try await serve { server in
            try await expectRefused {
                try await connect(server, TestCertificates.stranger, TestCertificates.strangerKey)
            }
            try await expectRefused { try await connect(server, nil, nil) }
        }
    }

    @Test func withoutTrustedOnesItIsForThisMachineOnly() async throws {
        try await serve(trusted: false) { server in
            let client = try await connect(server, nil, nil)
            await client.run(makeToken(), "echo works")
            #expect(await client.rest() == "works\n")
            await client.close()
        }
        await #expect(throws: SocketServerError.self) {
            try await serve(trusted: false, host: "0.0.0.0") { _ in }
        }
        try await serve(host: "0.0.0.0") { _ in }
    }

    @Test func aFileThatIsNoCertificateIsAClearError() async throws {
        try await TestFile.with("no certificate") { path in
            let error = await #expect(throws: SocketServerError.self) {
                try await TestServer.run({ $0.security = .certificate(chain: path, privateKey: path, trusted: nil) }) {
                    _ in
                }
            }
            #expect(error?.description.contains(path) == true)
        }
    }

    /// With TLS 1.3 a client learns of a refusal only when it wants to hear something.
    private func expectRefused(_ connect: () async throws -> TestClient) async throws {
        guard let client = try? await connect() else { return }
        await client.run(makeToken(), "echo works")
        #expect(await client.rest() == "")
        await client.close()
    }

    private func serve(
        trusted: Bool = true,
        host: String = "127.0.0.1",
        _ body: (TestServer) async throws -> Void
    ) async throws {
        try await TestFile.with(TestCertificates.server + "\n") { chain in
            try await TestFile.with(TestCertificates.serverKey + "\n") { key in
                try await TestFile.with(TestCertificates.authority + "\n") { authority in
                    try await TestServer.run(
                        {
                            $0.addresses = [.tcp(host: host, port: 0)]
                            $0.security = .certificate(
                                chain: chain,
                                privateKey: key,
                                trusted: trusted ? authority : nil
                            )
                        },
                        body
                    )
                }
            }
        }
    }

    private func connect(_ server: TestServer, _ certificate: String?, _ key: String?) async throws -> TestClient {
        var configuration = TLSConfiguration.makeClientConfiguration()
        let authority = try NIOSSLCertificate.fromPEMBytes(Array(TestCertificates.authority.utf8))
        configuration.trustRoots = .certificates(authority)
        configuration.certificateVerification = .noHostnameVerification
        if let certificate, let key {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8))
                .map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem))
        }
        return try await TestClient.secure(server.address, configuration)
    }
}
