//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// Reads configuration files for one host, line by line.
struct SSHConfigReader {
    static let maximumDepth = 16
    /// In all, so that files that include each other do not go on for long.
    static let maximumFiles = 512

    private let destination: SSHDestination
    private let files: SSHConfigFiles
    private let surroundings: SSHSurroundings
    private let exec: ((String) -> Bool)?

    private(set) var values = SSHConfigValues()
    private(set) var wantsFinalPass = false
    private(set) var filesRead: [String] = []

    /// What does not change within a file.
    private struct Context {
        /// What `Host` patterns are compared with.
        let host: String
        let isFinalPass: Bool
        let isUsers: Bool
        var depth = 0
        /// False in files that are included in a block that does not apply.
        var canMatch = true
    }

    init(
        _ destination: SSHDestination,
        files: SSHConfigFiles,
        surroundings: SSHSurroundings,
        exec: ((String) -> Bool)?
    ) {
        self.destination = destination
        self.files = files
        self.surroundings = surroundings
        self.exec = exec
        if let user = destination.user { values.set(.user, to: .text(user), at: .asked) }
        if let port = destination.port { values.set(.port, to: .number(port), at: .asked) }
    }

    /// Reads everything once; the second time with the host's settled name.
    mutating func readFiles(host: String, isFinalPass: Bool) throws(SSHConfigError) {
        if isFinalPass { values.settleHostName(host) }
        if let path = files.user {
            var isActive = true
            let context = Context(host: host, isFinalPass: isFinalPass, isUsers: true)
            let obstacle = try read(path, context, isActive: &isActive, isChecked: !files.isNamed)
            if let obstacle, files.isNamed {
                throw SSHConfigError(.unreadable, "cannot read \(path): \(obstacle)")
            }
        }
        if let path = files.system {
            var isActive = true
            let context = Context(host: host, isFinalPass: isFinalPass, isUsers: false)
            _ = try read(path, context, isActive: &isActive, isChecked: false)
        }
    }

    /// The host's name as far as it is known, with its token replaced.
    func hostName() throws(SSHConfigError) -> String {
        guard let setting = values.settings[.hostName], case .text(let text) = setting.value else {
            return destination.host
        }
        return try tokens(host: destination.host).text(text, SSHTokens.ofHostName, at: setting.place)
    }

    /// The tokens' values as far as they are known.
    private func tokens(host: String) -> SSHTokens {
        SSHTokens(
            surroundings: surroundings,
            originalHost: destination.host,
            host: host,
            port: values.number(.port) ?? SSHConfig.standardPort,
            user: values.text(.user) ?? surroundings.user,
            alias: values.text(.hostKeyAlias) ?? host
        )
    }

    /// Says why the file cannot be opened, if it cannot.
    private mutating func read(
        _ path: String,
        _ context: Context,
        isActive: inout Bool,
        isChecked: Bool
    ) throws(SSHConfigError) -> String? {
        guard context.depth <= SSHConfigReader.maximumDepth, filesRead.count < SSHConfigReader.maximumFiles else {
            throw SSHConfigError(.limit, "\(path) is included too deeply or too often")
        }
        let content: [UInt8]
        switch try SSHConfigFile.content(of: path, writtenBy: isChecked ? surroundings : nil) {
        case .content(let bytes): content = bytes
        case .absent(let obstacle): return obstacle
        }
        filesRead.append(path)
        var number = 0
        for bytes in content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let place = SSHConfigPlace(file: path, line: number)
            guard let line = try SSHConfigLine(bytes, at: place) else { continue }
            try apply(line, at: place, context, isActive: &isActive)
        }
        return nil
    }

    private mutating func apply(
        _ line: SSHConfigLine,
        at place: SSHConfigPlace,
        _ context: Context,
        isActive: inout Bool
    ) throws(SSHConfigError) {
        switch SSHOption.named(line.keyword) {
        case .host?:
            isActive = try isHost(context.host, in: line, at: place) && context.canMatch
        case .match?:
            isActive = try isMatched(line, at: place, context) && context.canMatch
        case .include?:
            try include(line, at: place, context, isActive: &isActive)
        case .supported(let name, let kind)?:
            try set(name, kind, from: line, at: place, context, isActive: isActive)
        case .ignored?:
            if isActive { values.ignore(SSHConfigNote(option: line.keyword, place: place)) }
        case .needsOpenSSH?:
            guard isActive else { return }
            values.setBeyond(line.keyword, to: line.arguments.first ?? "", at: place)
        case nil:
            let patterns = PatternList(values.text(.ignoreUnknown) ?? "", ignoringCase: true)
            guard patterns.matches(line.keyword.utf8) else {
                throw SSHConfigError(.unknownOption, "the option \(line.keyword) is not known", at: place)
            }
        }
    }

    private mutating func set(
        _ name: SSHOption.Name,
        _ kind: SSHOption.Kind,
        from line: SSHConfigLine,
        at place: SSHConfigPlace,
        _ context: Context,
        isActive: Bool
    ) throws(SSHConfigError) {
        // Also of blocks that do not apply: a mistake shows with every host.
        let value = try SSHOptionValue(kind, of: line, at: place, variables: surroundings.variable)
        guard isActive, let value else { return }
        if kind == .file, case .text(let file) = value {
            try values.add(.init(name: file, place: place, isUsers: context.isUsers), to: name)
        } else {
            values.set(name, to: value, at: place)
        }
    }

    private func isHost(_ host: String, in line: SSHConfigLine, at place: SSHConfigPlace) throws(SSHConfigError) -> Bool
    {
        let host = Array(host.utf8)
        var isMatched = false
        for argument in line.arguments {
            guard !argument.isEmpty else { throw SSHConfigError(.badValue, "a pattern of host is empty", at: place) }
            let isNegated = argument.utf8.first == UInt8(ascii: "!")
            guard PatternList.matches(host, Array(isNegated ? argument.utf8.dropFirst() : argument.utf8[...])) else {
                continue
            }
            if isNegated { return false }
            isMatched = true
        }
        return isMatched
    }

    private mutating func isMatched(
        _ line: SSHConfigLine,
        at place: SSHConfigPlace,
        _ context: Context
    ) throws(SSHConfigError) -> Bool {
        let host = context.isFinalPass ? context.host : try hostName()
        let tokens = tokens(host: host)
        let subject = SSHConfigMatch.Subject(
            host: host,
            originalHost: destination.host,
            user: tokens.user,
            localUser: surroundings.user,
            tag: values.text(.tag) ?? "",
            isFinalPass: context.isFinalPass
        )
        let match = try SSHConfigMatch(
            line,
            subject,
            at: place,
            command: { (command) throws(SSHConfigError) in
                try tokens.text(command, SSHTokens.ofFiles, at: place)
            },
            // A file of a block that does not apply runs nothing.
            exec: context.canMatch ? exec : nil
        )
        if match.wantsFinalPass { wantsFinalPass = true }
        if let criterion = match.unevaluated, context.canMatch {
            values.leaveUnevaluated(SSHConfigNote(option: "match \(criterion)", place: place))
        }
        return match.isMatched
    }

    private mutating func include(
        _ line: SSHConfigLine,
        at place: SSHConfigPlace,
        _ context: Context,
        isActive: inout Bool
    ) throws(SSHConfigError) {
        let wasActive = isActive
        var inner = context
        inner.depth += 1
        inner.canMatch = context.canMatch && wasActive
        for pattern in line.arguments {
            guard !pattern.isEmpty else { throw SSHConfigError(.badValue, "a file of include is empty", at: place) }
            let paths = try SSHConfigInclude.files(
                pattern,
                isUsers: context.isUsers,
                of: files,
                surroundings: surroundings,
                at: place
            )
            for path in paths {
                if let obstacle = try read(path, inner, isActive: &isActive, isChecked: true) {
                    throw SSHConfigError(.unreadable, "cannot read \(path): \(obstacle)", at: place)
                }
                // Blocks of the file end with it.
                isActive = wasActive
            }
        }
    }
}
