//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import NIOCore
package import NIOSSL

/// What a connection has to prove before anything is run for it.
package enum Security: Sendable {
    /// Nothing: everybody who reaches the server may run what they like.
    case none
    /// TLS, in which both sides prove that they have the same key.
    case key(Key)
    /// TLS with the server's certificate; files in PEM format. Clients show a certificate that one of `trusted` has signed.
    case certificate(chain: String, privateKey: String, trusted: String?)

    /// Whether strangers are kept out.
    package var admitsOnlyKnown: Bool {
        switch self {
        case .none, .certificate(_, _, trusted: nil): false
        case .key, .certificate: true
        }
    }

    /// The name of both sides in the key's handshake; part of the protocol.
    static let identity = "execnet"

    /// For the side that accepts connections; nil without TLS.
    package func makeServerContext() throws(SecurityError) -> NIOSSLContext? {
        try context { () throws in
            switch self {
            case .none: return nil
            case .key(let key): return Security.configuration(of: key)
            case .certificate(let chain, let privateKey, let trusted):
                var configuration = TLSConfiguration.makeServerConfiguration(
                    certificateChain: try Security.certificates(chain),
                    privateKey: try Security.privateKey(privateKey)
                )
                guard let trusted else { return configuration }
                configuration.trustRoots = .certificates(try Security.roots(trusted))
                configuration.certificateVerification = .noHostnameVerification
                return configuration
            }
        }
    }

    /// For the side that connects; nil without TLS.
    ///
    /// - Parameter host: the name or address that the server's certificate has to be for; nil if the server has none.
    package func makeClient(of host: String?) throws(SecurityError) -> TLSClient? {
        guard case .certificate = self else { return try clientContext().map { TLSClient(context: $0) } }
        guard let host else {
            throw SecurityError(
                "A certificate is for a host, and a socket in the file system has none. Use a key there."
            )
        }
        let address = TLSClient.address(host)
        return try clientContext(checksName: address == nil).map {
            TLSClient(context: $0, name: address == nil ? host : nil, address: address)
        }
    }

    private func clientContext(checksName: Bool = true) throws(SecurityError) -> NIOSSLContext? {
        try context { () throws in
            switch self {
            case .none: return nil
            case .key(let key): return Security.configuration(of: key)
            case .certificate(let chain, let privateKey, let trusted):
                var configuration = TLSConfiguration.makeClientConfiguration()
                configuration.certificateChain = try Security.certificates(chain)
                configuration.privateKey = try Security.privateKey(privateKey)
                if let trusted { configuration.trustRoots = .certificates(try Security.roots(trusted)) }
                if !checksName { configuration.certificateVerification = .noHostnameVerification }
                return configuration
            }
        }
    }

    private func context(_ make: () throws -> TLSConfiguration?) throws(SecurityError) -> NIOSSLContext? {
        do {
            guard var configuration = try make() else { return nil }
            configuration.minimumTLSVersion = .tlsv12
            // Everything has been sent by then; this is only for the other side's goodbye.
            configuration.shutdownTimeout = .seconds(1)
            return try NIOSSLContext(configuration: configuration)
        } catch let error as SecurityError {
            throw error
        } catch {
            throw SecurityError("TLS cannot be set up: \(error)")
        }
    }

    // MARK: keys

    private static func configuration(of key: Key) -> TLSConfiguration {
        var configuration = TLSConfiguration.makePreSharedKeyConfiguration()
        // BoringSSL has keys like this in TLS 1.2 only, and of its suites for them the others are slow and dated.
        configuration.maximumTLSVersion = .tlsv12
        configuration.cipherSuites = "ECDHE-PSK-CHACHA20-POLY1305"
        configuration.pskHint = identity
        configuration.pskServerProvider = { context in
            guard context.clientIdentity == identity else { throw SecurityError("unknown identity") }
            return PSKServerIdentityResponse(key: secureBytes(key))
        }
        configuration.pskClientProvider = { _ in
            PSKClientIdentityResponse(key: secureBytes(key), identity: identity)
        }
        return configuration
    }

    private static func secureBytes(_ key: Key) -> NIOSSLSecureBytes {
        var bytes = NIOSSLSecureBytes()
        bytes.append(key.bytes)
        return bytes
    }

    // MARK: certificates

    private static func certificates(_ path: String) throws(SecurityError) -> [NIOSSLCertificateSource] {
        try files("certificate", path) { try NIOSSLCertificate.fromPEMFile(path) }.map { .certificate($0) }
    }

    private static func privateKey(_ path: String) throws(SecurityError) -> NIOSSLPrivateKeySource {
        .privateKey(try files("private key", path) { try NIOSSLPrivateKey(file: path, format: .pem) })
    }

    private static func roots(_ path: String) throws(SecurityError) -> [NIOSSLCertificate] {
        try files("trusted certificates", path) { try NIOSSLCertificate.fromPEMFile(path) }
    }

    private static func files<R>(_ what: String, _ path: String, _ read: () throws -> R) throws(SecurityError) -> R {
        do { return try read() } catch {
            throw SecurityError("The file \"\(path)\" (\(what)) cannot be used: \(error)")
        }
    }
}
