//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Puts values in for `%` tokens, `${VARIABLES}` and `~`.
struct SSHTokens {
    /// What `Hostname` takes.
    static let ofHostName = "h"
    /// What `ProxyCommand` and `ProxyJump` take.
    static let ofProxies = "hknpr"
    /// What files, agents and `Match exec` take.
    static let ofFiles = "CLdhiklnpru"

    let surroundings: SSHSurroundings
    /// The host as asked for, `%n`.
    let originalHost: String
    /// The host to connect to, `%h`.
    let host: String
    let port: Int
    let user: String
    /// The name of the host's key, `%k`.
    let alias: String

    /// A file's or socket's path: all that there is.
    func path(_ text: String, at place: SSHConfigPlace?) throws(SSHConfigError) -> String {
        guard let text = surroundings.expandingTilde(text) else {
            throw SSHConfigError(.expansion, "there is no user with the home folder of \(text)", at: place)
        }
        return try SSHTokens.expand(text, SSHTokens.ofFiles, value: value, variables: surroundings.variable, at: place)
    }

    /// A text with some of the tokens, and nothing else.
    func text(_ text: String, _ tokens: String, at place: SSHConfigPlace?) throws(SSHConfigError) -> String {
        try SSHTokens.expand(text, tokens, value: value, variables: nil, at: place)
    }

    private func value(_ token: UInt8) -> String {
        switch token {
        case UInt8(ascii: "C"):
            ConnectionHash.of(localHost: surroundings.hostName, host: host, port: port, user: user)
        case UInt8(ascii: "L"): String(surroundings.hostName.prefix { $0 != "." })
        case UInt8(ascii: "d"): surroundings.home
        case UInt8(ascii: "h"): host
        case UInt8(ascii: "i"): String(surroundings.userID)
        case UInt8(ascii: "k"): alias
        case UInt8(ascii: "l"): surroundings.hostName
        case UInt8(ascii: "n"): originalHost
        case UInt8(ascii: "p"): String(port)
        case UInt8(ascii: "r"): user
        default: surroundings.user
        }
    }

    /// Throws as OpenSSH does if a text of `IdentityAgent` names variables that are not there; it looks already when
    /// it reads the line.
    static func checkVariables(
        in text: String,
        at place: SSHConfigPlace?,
        variables: @escaping (String) -> String?
    ) throws(SSHConfigError) {
        _ = try expand(text, nil, value: { _ in "" }, variables: variables, at: place)
        guard text.utf8.first == UInt8(ascii: "$"), text.utf8.dropFirst().first != UInt8(ascii: "{") else { return }
        let name = text.utf8.dropFirst()
        guard !name.isEmpty, name.allSatisfy({ $0.isDigit || $0 == UInt8(ascii: "_") || $0.isLetter }) else {
            throw SSHConfigError(.expansion, "\(text) is not the name of a variable", at: place)
        }
    }

    private static func expand(
        _ text: String,
        _ tokens: String?,
        value: (UInt8) -> String,
        variables: ((String) -> String?)?,
        at place: SSHConfigPlace?
    ) throws(SSHConfigError) -> String {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if let variables, byte == UInt8(ascii: "$"), rest.first == UInt8(ascii: "{") {
                rest.removeFirst()
                let name = rest.prefix { $0 != UInt8(ascii: "}") }
                guard !name.isEmpty, name.endIndex < rest.endIndex else {
                    throw SSHConfigError(.expansion, "a variable is written ${NAME}", at: place)
                }
                rest = rest[(name.endIndex + 1)...]
                let variable = String(decoding: name, as: UTF8.self)
                guard let content = variables(variable) else {
                    throw SSHConfigError(.expansion, "the variable \(variable) is not set", at: place)
                }
                result += content.utf8
            } else if let tokens, byte == UInt8(ascii: "%") {
                guard let token = rest.popFirst() else {
                    throw SSHConfigError(.expansion, "a % at the end must be written %%", at: place)
                }
                if token == UInt8(ascii: "%") {
                    result.append(token)
                } else if tokens.utf8.contains(token) {
                    result += value(token).utf8
                } else {
                    let written = String(decoding: [token], as: UTF8.self)
                    throw SSHConfigError(.expansion, "the token %\(written) is not known here", at: place)
                }
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lowercased) }
}
