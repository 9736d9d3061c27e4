//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetTLS

/// How the connection to a socket server is secured.
public enum SocketSecurity: Sendable, Hashable {
    /// Not at all: for servers on this machine.
    case none
    /// TLS with a key that both sides have: encrypted, and each knows that the other has it.
    case key(SecretKey)
    /// TLS with certificates on both sides.
    case certificates(Certificates)

    /// A key that is in a file, or at hand. Descriptions never show it.
    public enum SecretKey: Sendable, Hashable, CustomStringConvertible {
        /// The file's bytes without the newline at its end: 16 to 256.
        case file(String)
        case bytes([UInt8])

        /// Where the key is; never the key.
        public var description: String {
            switch self {
            case .file(let path): "@\(path)"
            case .bytes: "(hidden)"
            }
        }
    }

    /// Files in PEM form.
    public struct Certificates: Sendable, Hashable {
        /// The certificate that this side shows, with those that lead to its authority.
        public var certificate: String
        /// The private key of that certificate.
        public var privateKey: String
        /// The authorities that the server's certificate has to come from.
        public var trusted: String

        /// The paths of the files.
        public init(certificate: String, privateKey: String, trusted: String) {
            self.certificate = certificate
            self.privateKey = privateKey
            self.trusted = trusted
        }
    }
}

extension SocketSecurity {
    /// A new key, for one use.
    package static var randomKey: [UInt8] { Key.random().bytes }

    /// The key's file, if others than its owner can read it.
    package var exposedKeyFile: String? {
        guard case .key(.file(let path)) = self, (try? Key(file: path))?.isExposed == true else { return nil }
        return path
    }

    /// With the key read from its file.
    func loaded() throws(SecurityError) -> Security {
        switch self {
        case .none: .none
        case .key(.file(let path)): .key(try Key(file: path))
        case .key(.bytes(let bytes)): .key(try Key(bytes))
        case .certificates(let files):
            .certificate(chain: files.certificate, privateKey: files.privateKey, trusted: files.trusted)
        }
    }
}
