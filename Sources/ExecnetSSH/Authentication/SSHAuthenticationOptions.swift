//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A way to prove who the user is.
enum AuthenticationMethod: String, Sendable, Hashable, CustomStringConvertible {
    case publicKey = "publickey"
    case interactive = "keyboard-interactive"
    case password
    /// By nothing. Servers answer with what they allow, and some let everyone in.
    case nothing = "none"

    var description: String { rawValue }
}

/// How to log in, as configuration and specification have it.
struct SSHAuthenticationOptions: Sendable, Hashable {
    /// The file of a private key.
    struct Identity: Sendable, Hashable {
        var path: String
        /// Whether somebody has named it: then it is an obstacle if it is missing.
        var isNamed = true
    }

    var identities: [Identity] = []
    /// Certificates that somebody has named.
    var certificates: [String] = []
    /// Whether other keys of the agent are not offered.
    var identitiesOnly = false
    /// Path of the agent's socket; nil if there is none, or it is not to be used.
    var agent: String?
    /// The best first. What is not in it is not used.
    var methods: [AuthenticationMethod] = [.publicKey, .interactive, .password]
    /// Keys that a server may refuse. Most end the connection after the sixth attempt, and the last one is for a password.
    var mostKeys = 5
    /// Whether OpenSSH's client is a way out for keys that libssh2 cannot use.
    var mayNeedOpenSSH = true

    /// The methods, by what an ssh_config says of them.
    static func methods(
        preferred: [String]? = nil,
        publicKey: Bool = true,
        interactive: Bool = true,
        password: Bool = true
    ) -> [AuthenticationMethod] {
        let names = preferred ?? ["publickey", "keyboard-interactive", "password"]
        var methods: [AuthenticationMethod] = []
        for method in names.compactMap(AuthenticationMethod.init) where !methods.contains(method) {
            switch method {
            case .publicKey where publicKey, .interactive where interactive, .password where password:
                methods.append(method)
            default: break
            }
        }
        return methods
    }
}
