//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetTestSupport
import Testing

/// Gateways behind socket servers with certificates.
@Suite(.leavesNothingBehind)
struct CertificateGatewayTests {
    @Test(.timeLimit(.minutes(1)))
    func theCertificateIsForTheNameOrTheAddress() async throws {
        try await withServer { address, certificates in
            let port = try #require(address.split(separator: ":").last)
            for host in ["127.0.0.1", "localhost"] {
                try await withGateway("socket=\(host):\(port)//\(certificates)", configuration: .quiet) { gateway in
                    try await GatewayUnderTest(kind: .tls, gateway: gateway).expectUsable()
                }
            }
        }
    }

    /// The connection that the certificate is looked at on is one of this machine's own then.
    @Test(.timeLimit(.minutes(1)))
    func behindAnotherGatewayTheAddressIsCheckedToo() async throws {
        try await withGateway("popen", configuration: .quiet) { hop in
            try await withServer { address, certificates in
                let spec = "socket=\(address)//\(certificates)//via=\(hop.id)"
                try await withGateway(spec, configuration: .quiet) { gateway in
                    try await GatewayUnderTest(kind: .tls, gateway: gateway).expectUsable()
                }
            }
            try await withServer(listen: "127.0.0.2:0") { address, certificates in
                await expectGatewayError(.notAuthenticated, "not for its address") {
                    try await Gateway.open("socket=\(address)//\(certificates)//via=\(hop.id)", configuration: .quiet)
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aCertificateForAnotherAddressIsRefused() async throws {
        try await withServer(listen: "127.0.0.2:0") { address, certificates in
            await expectGatewayError(.notAuthenticated, "not for its address") {
                try await Gateway.open("socket=\(address)//\(certificates)", configuration: .quiet)
            }
        }
    }

    /// With TLS 1.3 the server says so when the client has the handshake behind it.
    @Test(.timeLimit(.minutes(1)))
    func aCertificateThatTheServerDoesNotTrustIsATypedError() async throws {
        try await withServer(client: (TestCertificates.stranger, TestCertificates.strangerKey)) {
            address,
            certificates in
            for _ in 0..<10 {
                await expectGatewayError(.notAuthenticated, "Check the certificates") {
                    try await Gateway.open("socket=\(address)//\(certificates)", configuration: .quiet)
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aSocketInTheFileSystemHasNoNameToCheck() async throws {
        try await withCertificates { certificates, _ in
            await expectGatewayError(.launchFailed, "Use a key") {
                try await Gateway.open("socket=unix:/no/such/socket//\(certificates)", configuration: .quiet)
            }
        }
    }

    /// Calls `body` with a server's address, and what else a gateway behind it needs.
    private func withServer(
        listen: String = "127.0.0.1:0",
        client: (certificate: String, key: String) = (TestCertificates.client, TestCertificates.clientKey),
        _ body: (String, String) async throws -> Void
    ) async throws {
        try await withCertificates(client: client) { certificates, options in
            try await TestServer.with(options, listen: listen, spec: "") { server in
                try await body(String(server.spec.dropFirst("socket=".count)), certificates)
            }
        }
    }

    /// Calls `body` with part of a gateway's description, and with options of a server.
    private func withCertificates(
        client: (certificate: String, key: String) = (TestCertificates.client, TestCertificates.clientKey),
        _ body: (String, [String]) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let files = [
                "authority": TestCertificates.authority, "server": TestCertificates.server,
                "server.key": TestCertificates.serverKey, "client": client.certificate, "client.key": client.key,
            ]
            for (name, text) in files { try writeFile(text + "\n", to: "\(folder)/\(name)") }
            try await body(
                "certificate=\(folder)/client//certificate-key=\(folder)/client.key//trusted=\(folder)/authority",
                [
                    "--certificate", "\(folder)/server", "--private-key", "\(folder)/server.key",
                    "--trusted", "\(folder)/authority",
                ]
            )
        }
    }
}
