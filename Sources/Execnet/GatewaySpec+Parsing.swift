//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetLaunchers

extension GatewaySpec {
    /// Reads a description such as `popen//python=python3.8`.
    ///
    /// - Throws: ``GatewayError`` with code `invalidSpec` that names the key: unknown, repeated, or with a value that does not fit.
    public init(_ text: String) throws(GatewayError) {
        do throws(GatewayError) {
            try self.init(reading: text)
        } catch {
            // Nothing of the text is quoted then.
            if SpecText.holdsKey(text) { throw SpecText.inlineKey }
            throw GatewaySpec.inlinePassword(text) ?? error
        }
    }

    private init(reading text: String) throws(GatewayError) {
        self.init()
        var values: [String: String?] = [:]
        for segment in try SpecText.segments(of: text) {
            guard values.updateValue(segment.value, forKey: segment.key) == nil else {
                throw SpecText.invalid("The key \"\(segment.key)\" is given twice", text)
            }
            if segment.key.utf8.starts(with: "env:".utf8) {
                try setVariable(String(segment.key.unicodeScalars.dropFirst(4)), segment.value, text)
            } else if !GatewaySpec.placeKeys.contains(segment.key) {
                try set(segment.key, segment.value, text)
            }
        }
        try setPlace(values, text)
    }

    static let placeKeys = [
        "popen", "command", "form", "socket", "via", "installvia", "key", "certificate", "certificate-key", "trusted",
        "server", "ssh", "ssh2", "sshcmd", "identity", "known_hosts", "jump", "config", "hostkey", "ssh-agent",
    ]
    static let otherKeys = ["id", "python", "agent", "chdir", "env:NAME", "nice", "execution"]

    private mutating func set(_ key: String, _ value: String?, _ text: String) throws(GatewayError) {
        switch key {
        case "id": id = try required(key, value, text)
        case "python": python = try words(key, value, text)
        case "agent": agent = try required(key, value, text)
        case "chdir": directory = try required(key, value, text)
        case "nice":
            guard let number = Int(try required(key, value, text)), (-40...40).contains(number) else {
                throw SpecText.invalid("\"nice\" is a number from -40 to 40", text)
            }
            nice = number
        case "execution":
            switch value {
            case "serial": isSerial = true
            case "concurrent": isSerial = false
            default: throw SpecText.invalid("\"execution\" is serial or concurrent", text)
            }
        default:
            let known = (Self.placeKeys + Self.otherKeys).joined(separator: ", ")
            throw SpecText.invalid("The key \"\(key)\" is not known (known are \(known))", text)
        }
    }

    func words(_ key: String, _ value: String?, _ text: String) throws(GatewayError) -> [String] {
        guard let words = ShellWords.split(try required(key, value, text)), !words.isEmpty else {
            throw SpecText.invalid("The quotes in \"\(key)\" do not match", text)
        }
        return words
    }

    private mutating func setVariable(_ name: String, _ value: String?, _ text: String) throws(GatewayError) {
        guard !name.isEmpty, let value else {
            throw SpecText.invalid("\"env:\(name)\" has the form env:NAME=value", text)
        }
        environment[name] = value
    }

    // MARK: where

    private mutating func setPlace(_ values: [String: String?], _ text: String) throws(GatewayError) {
        let places = ["popen", "command", "socket", "ssh", "ssh2", "sshcmd"].filter { values[$0] != nil }
        guard let place = places.first else {
            throw SpecText.invalid("It does not say where: begin it with popen, command=, socket= or ssh=", text)
        }
        guard places.count == 1 else {
            throw SpecText.invalid("It names several places: \(places.joined(separator: " and "))", text)
        }
        switch place {
        case "popen":
            guard values["popen"] == .some(nil) else { throw SpecText.invalid("\"popen\" takes no value", text) }
        case "command":
            let form = try values["form"].map { value throws(GatewayError) in
                guard let form = value.flatMap({ CommandForm(rawValue: $0) }) else {
                    throw SpecText.invalid("\"form\" is words or line", text)
                }
                return form
            }
            self.place = .command(try words("command", values["command"] ?? nil, text), form: form)
        case "socket": try setSocket(values, text)
        default: self.place = .ssh(try sshOptions(place, values, text))
        }
        if let value = values["via"] { via = try required("via", value, text) }
        if values["form"] != nil, place != "command" {
            throw SpecText.invalid("\"form\" belongs to \"command\"", text)
        }
        if case .ssh = self.place {
        } else {
            for key in Self.sshKeys where values[key] != nil {
                throw SpecText.invalid("\"\(key)\" belongs to \"ssh\"", text)
            }
        }
        guard place != "socket" else { return }
        for key in ["installvia", "key", "certificate", "certificate-key", "trusted", "server"]
        where values[key] != nil {
            throw SpecText.invalid("\"\(key)\" belongs to \"socket\"", text)
        }
    }

    private mutating func setSocket(_ values: [String: String?], _ text: String) throws(GatewayError) {
        if let value = values["installvia"] {
            guard values["socket"] == .some(nil), values["via"] == nil else {
                throw SpecText.invalid(
                    "With \"installvia\" the key \"socket\" takes no value, and there is no \"via\"",
                    text
                )
            }
            for key in ["key", "certificate", "certificate-key", "trusted", "server"] where values[key] != nil {
                throw SpecText.invalid("\"\(key)\" is not for \"installvia\", which makes its own key", text)
            }
            place = .installedSocket(via: try required("installvia", value, text))
        } else {
            guard let address = SocketAddress(try required("socket", values["socket"] ?? nil, text)) else {
                throw SpecText.invalid("\"socket\" has the form host:port, [address]:port or unix:path", text)
            }
            place = .socket(address)
        }
        if let value = values["key"] { security = .key(try key(value, text)) }
        let names = ["certificate", "certificate-key", "trusted"]
        if names.contains(where: { values[$0] != nil }) {
            guard security == .none else { throw SpecText.invalid("There is a \"key\" and a \"certificate\"", text) }
            var files: [String] = []
            for name in names { files.append(try required(name, values[name] ?? nil, text)) }
            security = .certificates(.init(certificate: files[0], privateKey: files[1], trusted: files[2]))
        }
        if let value = values["server"] {
            guard let kind = SocketServerKind(rawValue: try required("server", value, text)) else {
                throw SpecText.invalid("\"server\" is execnet or python", text)
            }
            server = kind
        }
    }

    private func key(_ value: String?, _ text: String) throws(GatewayError) -> SocketSecurity.SecretKey {
        let value = try required("key", value, text)
        guard value.unicodeScalars.first == "@", value.unicodeScalars.count > 1 else {
            throw SpecText.invalid("\"key\" has the form key=@FILE", text)
        }
        return .file(String(value.unicodeScalars.dropFirst()))
    }

    func required(_ key: String, _ value: String?, _ text: String) throws(GatewayError) -> String {
        guard let value, !value.isEmpty else { throw SpecText.invalid("The key \"\(key)\" needs a value", text) }
        return value
    }
}

extension GatewaySpec: CustomStringConvertible {
    /// The spec as text that reads as the same spec.
    public var description: String {
        var segments: [String] = []
        func add(_ key: String, _ value: String?) {
            if let value { segments.append("\(key)=\(SpecText.quoted(value))") }
        }
        switch place {
        case .popen: segments.append("popen")
        case .command(let words, let form):
            add("command", ShellWords.join(words))
            add("form", form?.rawValue)
        case .socket(let address): add("socket", address.description)
        case .installedSocket(let id):
            segments.append("socket")
            add("installvia", id)
        case .ssh(let options): for (key, value) in options.segments { add(key, value) }
        }
        add("via", via)
        switch security {
        case .none: break
        case .key(let key): add("key", key.description)
        case .certificates(let files):
            add("certificate", files.certificate)
            add("certificate-key", files.privateKey)
            add("trusted", files.trusted)
        }
        add("server", server?.rawValue)
        add("id", id)
        add("python", python.map(ShellWords.join))
        add("agent", agent)
        add("chdir", directory)
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) { add("env:\(name)", value) }
        if nice != 0 { add("nice", String(nice)) }
        if isSerial { add("execution", "serial") }
        return segments.joined(separator: "//")
    }
}
