//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import Testing

@testable import ExecnetSSH

/// What the installed OpenSSH makes of a configuration.
enum OpenSSHOracle {
    static let isInstalled = access("/usr/bin/ssh", X_OK) == 0

    /// Variables that both sides see.
    static let environment = ["PLACE": "/srv/keys", "EMPTY": ""]

    /// The lines of `ssh -G`: each keyword's values in order; nil if it refuses the configuration.
    static func dump(_ file: String, _ destination: SSHDestination) -> [String: [String]]? {
        var command = "exec env -i PATH=/usr/bin:/bin"
        for (name, value) in environment { command += " \(name)='\(value)'" }
        command += " /usr/bin/ssh -F '\(file)' -G"
        if let port = destination.port { command += " -p \(port)" }
        if let user = destination.user { command += " -l '\(user)'" }
        guard let lines = output(of: command + " -- '\(destination.host)'") else { return nil }
        var dump: [String: [String]] = [:]
        for line in lines {
            let keyword = line.prefix { $0 != " " }
            dump[keyword.lowercased(), default: []].append(String(line.dropFirst(keyword.count + 1)))
        }
        return dump
    }

    /// The names that `ssh -Q` lists.
    static func names(_ kind: String) -> [String] { output(of: "exec /usr/bin/ssh -Q \(kind)") ?? [] }

    /// A command's lines, or nil if it fails. It has no input and its complaints are dropped.
    private static func output(of command: String) -> [String]? {
        guard let pipe = popen(command + " </dev/null 2>/dev/null", "r") else { return nil }
        var output: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        while case let count = fread(&piece, 1, piece.count, pipe), count > 0 { output += piece[..<count] }
        guard pclose(pipe) == 0 else { return nil }
        return output.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }

    /// What tokens stand for in OpenSSH too: the account's home folder is only named, nothing in it is read.
    static func surroundings() throws -> SSHSurroundings {
        var surroundings = try #require(SSHSurroundings.current())
        surroundings.variable = { environment[$0] }
        return surroundings
    }
}

/// The algorithms that OpenSSH has and takes by itself, by the keyword that changes them.
struct OpenSSHAlgorithms {
    private let defaults: [String: [String]]
    private let known: [String: [String]]

    init() throws {
        let plain = try #require(OpenSSHOracle.dump("none", SSHDestination("host")))
        var defaults: [String: [String]] = [:]
        var known: [String: [String]] = [:]
        for (keyword, query) in [
            "ciphers": "cipher", "macs": "mac", "kexalgorithms": "kex", "hostkeyalgorithms": "HostKeyAlgorithms",
            "pubkeyacceptedalgorithms": "PubkeyAcceptedAlgorithms",
        ] {
            defaults[keyword] = plain[keyword]?.first.map(\.commaSeparated)
            known[keyword] = OpenSSHOracle.names(query)
        }
        self.defaults = defaults
        self.known = known
    }

    /// A list as OpenSSH prints it.
    func rendered(_ list: SSHAlgorithmList?, _ keyword: String) throws -> String {
        let defaults = try #require(defaults[keyword])
        let names = list?.applied(to: defaults, known: try #require(known[keyword])) ?? defaults
        return names.joined(separator: ",")
    }
}
