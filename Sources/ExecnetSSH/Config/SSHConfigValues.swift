//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What the files have said so far. The first value of an option stays.
struct SSHConfigValues {
    struct Setting {
        let value: SSHOptionValue
        let place: SSHConfigPlace
    }

    struct File {
        let name: String
        let place: SSHConfigPlace
        /// Named in the user's files rather than the system's.
        let isUsers: Bool
    }

    static let maximumIdentityFiles = 100
    static let maximumKnownHostsFiles = 32

    private(set) var settings: [SSHOption.Name: Setting] = [:]
    private(set) var identityFiles: [File] = []
    private(set) var certificateFiles: [File] = []
    /// By keyword: those which OpenSSH would have to follow, with their first values.
    private(set) var beyond: [String: Setting] = [:]
    private(set) var ignored: [SSHConfigNote] = []
    /// Criteria of `Match` that were not evaluated, so that their blocks do not apply.
    private(set) var unevaluated: [SSHConfigNote] = []

    func text(_ name: SSHOption.Name) -> String? {
        guard case .text(let text)? = settings[name]?.value else { return nil }
        return text
    }

    func flag(_ name: SSHOption.Name) -> Bool? {
        guard case .flag(let flag)? = settings[name]?.value else { return nil }
        return flag
    }

    func number(_ name: SSHOption.Name) -> Int? {
        guard case .number(let number)? = settings[name]?.value else { return nil }
        return number
    }

    func words(_ name: SSHOption.Name) -> [String]? {
        guard case .words(let words)? = settings[name]?.value else { return nil }
        return words
    }

    mutating func set(_ name: SSHOption.Name, to value: SSHOptionValue, at place: SSHConfigPlace) {
        guard settings[name] == nil else { return }
        // Whichever way through a proxy comes first rules out the other; to go through no hosts is none.
        switch name {
        case .proxyCommand where words(.proxyJump)?.isEmpty == false: return
        case .proxyJump where settings[.proxyCommand] != nil && value != .words([]): return
        default: break
        }
        settings[name] = Setting(value: value, place: place)
    }

    /// Adds a file to those of an option that collects them.
    mutating func add(_ file: File, to name: SSHOption.Name) throws(SSHConfigError) {
        let isIdentity = name == .identityFile
        let files = isIdentity ? identityFiles : certificateFiles
        guard files.count < SSHConfigValues.maximumIdentityFiles else {
            throw SSHConfigError(.limit, "too many lines of \(name.rawValue)", at: file.place)
        }
        guard !files.contains(where: { $0.name == file.name && $0.isUsers == file.isUsers }) else { return }
        if isIdentity { identityFiles.append(file) } else { certificateFiles.append(file) }
    }

    mutating func setBeyond(_ keyword: String, to value: String, at place: SSHConfigPlace) {
        guard beyond[keyword] == nil else { return }
        beyond[keyword] = Setting(value: .text(value), place: place)
    }

    mutating func ignore(_ note: SSHConfigNote) {
        if !ignored.contains(note) { ignored.append(note) }
    }

    mutating func leaveUnevaluated(_ note: SSHConfigNote) {
        if !unevaluated.contains(note) { unevaluated.append(note) }
    }

    /// Before the second pass: the name is settled, and no line changes it any more.
    mutating func settleHostName(_ name: String) {
        settings[.hostName] = Setting(value: .text(name), place: settings[.hostName]?.place ?? .asked)
    }
}

extension SSHConfigPlace {
    /// What the caller asked for, rather than a file.
    static let asked = SSHConfigPlace(file: "destination", line: 1)
}
