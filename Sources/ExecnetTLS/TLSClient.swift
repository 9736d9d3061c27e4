//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import NIOCore
import NIOSSL

/// What a client needs for its connections to one server.
package struct TLSClient: Sendable {
    private let context: NIOSSLContext
    /// The name that the server's certificate has to be for.
    private let name: String?
    /// The address that has to be in the server's certificate: 4 or 16 bytes.
    private let address: [UInt8]?

    init(context: NIOSSLContext, name: String? = nil, address: [UInt8]? = nil) {
        self.context = context
        self.name = name
        self.address = address
    }

    func makeHandler() throws -> NIOSSLClientHandler { try NIOSSLClientHandler(context: context, serverHostname: name) }

    /// Compares the address with the certificate; NIO would take that of the socket, which may be a tunnel's.
    func verify(_ channel: any NIOCore.Channel) async throws {
        guard let address else { return }
        let names = try await channel.nioSSL_peerCertificate().get()?._subjectAlternativeNames()
        guard names?.contains(where: { $0.nameType == .ipAddress && $0.contents.elementsEqual(address) }) == true else {
            throw SecurityError("the server's certificate is not for its address")
        }
    }

    /// Runs something; what it throws is a `CancellationError`, or a ``SecurityError`` that says why there is no TLS.
    func explained<R>(_ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch let error where !(error is CancellationError || error is SecurityError) {
            throw SecurityError(TLSRelay.reason(of: error))
        }
    }

    /// The bytes of a numeric address; nil for a name.
    static func address(_ text: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return Array(bytes.prefix(4)) }
        return inet_pton(AF_INET6, text, &bytes) == 1 ? bytes : nil
    }
}
