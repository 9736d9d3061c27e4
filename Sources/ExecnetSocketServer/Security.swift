//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import NIOSSL

/// What a connection has to prove before anything is run for it.
package enum Security: Sendable {
    /// Nothing: everybody who reaches the server may run what they like.
    case none
    /// TLS, in which both sides prove that they have the same key.
    case key(Key)
    /// TLS with the server's certificate; files in PEM format. Clients show a certificate that one of `trusted` has signed.
    case certificate(chain: String, privateKey: String, trusted: String?)

    /// Whether strangers are kept out.
    var admitsOnlyKnown: Bool {
        switch self {
        case .none, .certificate(_, _, trusted: nil): false
        case .key, .certificate: true
        }
    }

    /// The name of both sides in the key's handshake; part of the protocol.
    static let identity = "execnet"

    /// Nil without TLS.
    func makeContext() throws(SocketServerError) -> NIOSSLContext? {
        do {
            switch self {
            case .none: return nil
            case .key(let key): return try NIOSSLContext(configuration: Security.configuration(of: key))
            case .certificate(let chain, let privateKey, let trusted):
                return try NIOSSLContext(
                    configuration: Security.configuration(chain: chain, privateKey: privateKey, trusted: trusted)
                )
            }
        } catch let error as SocketServerError {
            throw error
        } catch {
            throw SocketServerError("TLS cannot be set up: \(error)")
        }
    }

    private static func configuration(of key: Key) -> TLSConfiguration {
        var configuration = TLSConfiguration.makePreSharedKeyConfiguration()
        // BoringSSL has keys like this in TLS 1.2 only, and of its suites for them the others are slow and dated.
        configuration.minimumTLSVersion = .tlsv12
        configuration.maximumTLSVersion = .tlsv12
        configuration.cipherSuites = "ECDHE-PSK-CHACHA20-POLY1305"
        configuration.pskHint = identity
        configuration.pskServerProvider = { context in
            guard context.clientIdentity == identity else { throw SocketServerError("unknown identity") }
            var bytes = NIOSSLSecureBytes()
            bytes.append(key.bytes)
            return PSKServerIdentityResponse(key: bytes)
        }
        return configuration
    }

    private static func configuration(chain: String, privateKey: String, trusted: String?) throws -> TLSConfiguration {
        let certificates = try files("certificate", chain) { try NIOSSLCertificate.fromPEMFile(chain) }
        let key = try files("private key", privateKey) { try NIOSSLPrivateKey(file: privateKey, format: .pem) }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificates.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        if let trusted {
            let roots = try files("trusted certificates", trusted) { try NIOSSLCertificate.fromPEMFile(trusted) }
            configuration.trustRoots = .certificates(roots)
            configuration.certificateVerification = .noHostnameVerification
        }
        return configuration
    }

    private static func files<R>(_ what: String, _ path: String, _ read: () throws -> R) throws(SocketServerError) -> R {
        do { return try read() } catch {
            throw SocketServerError("The file \"\(path)\" (\(what)) cannot be used: \(error)")
        }
    }
}
