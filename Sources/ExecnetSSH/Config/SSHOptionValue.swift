//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The value of one option, as written: tokens are put in when the whole configuration is known.
enum SSHOptionValue: Sendable, Hashable {
    case text(String)
    case flag(Bool)
    case number(Int)
    case words([String])

    /// Reads a line's arguments; nil if they say that nothing is set.
    init?(
        _ kind: SSHOption.Kind,
        of line: SSHConfigLine,
        at place: SSHConfigPlace,
        variables: @escaping (String) -> String?
    ) throws(SSHConfigError) {
        func wrong(_ what: String) -> SSHConfigError {
            SSHConfigError(.badValue, "\(line.keyword) must be \(what)", at: place)
        }
        switch kind {
        case .command:
            self = .text(String(decoding: line.rest.drop { $0.isSpace || $0 == UInt8(ascii: "=") }, as: UTF8.self))
            return
        case .words:
            guard !line.arguments.isEmpty else { return nil }
            guard line.arguments.allSatisfy({ !$0.isEmpty }) else { throw wrong("given without empty names") }
            let hasNone = line.arguments.contains { $0.asciiLowercased == "none" }
            guard !hasNone || line.arguments.count == 1 else { throw wrong("none or a list of files") }
            guard line.arguments.count <= SSHConfigValues.maximumKnownHostsFiles else {
                throw wrong("at most \(SSHConfigValues.maximumKnownHostsFiles) files")
            }
            self = .words(line.arguments)
            return
        case .jump:
            self = .words(try SSHJumps.words(of: line, at: place))
            return
        default: break
        }
        guard let argument = line.arguments.first, !argument.isEmpty else {
            throw SSHConfigError(.badValue, "\(line.keyword) has no argument", at: place)
        }
        guard line.arguments.count == 1 else { throw wrong("one argument; quote it if it has spaces") }
        switch kind {
        case .flag:
            guard let flag = SSHOptionValue.flags[argument.asciiLowercased] else { throw wrong("yes or no") }
            self = .flag(flag)
        case .choice(let meanings):
            guard let meaning = meanings[argument.asciiLowercased] else {
                throw wrong("one of " + meanings.keys.sorted().joined(separator: ", "))
            }
            self = .text(meaning)
        case .number:
            guard let number = Int(argument), (0...Int(Int32.max)).contains(number) else { throw wrong("a number") }
            self = .number(number)
        case .port:
            guard let number = Int(argument), (1...65_535).contains(number) else {
                throw wrong("a number from 1 to 65535")
            }
            self = .number(number)
        case .seconds:
            if argument == "none" { return nil }
            guard let seconds = SSHOptionValue.seconds(argument) else { throw wrong("a time, as 90, 10m or 1h30m") }
            self = .number(seconds)
        case .agent:
            try SSHTokens.checkVariables(in: argument, at: place, variables: variables)
            self = .text(argument)
        case .text, .file, .command, .words, .jump:
            self = .text(argument)
        }
    }

    private static let flags = ["yes": true, "true": true, "no": false, "false": false]

    /// Numbers, each with `s`, `m`, `h`, `d`, `w` or nothing after it, added up.
    static func seconds(_ text: String) -> Int? {
        let limit = Int(Int32.max)
        var total = 0
        var rest = Substring(text).utf8
        while !rest.isEmpty {
            let digits = rest.prefix(while: \.isDigit)
            guard !digits.isEmpty, let number = Int(Substring(digits)), number <= limit else { return nil }
            rest = rest[digits.endIndex...]
            var unit = 1
            if let letter = rest.popFirst() {
                guard let known = units[letter.lowercased] else { return nil }
                unit = known
            }
            guard number <= limit / unit, total <= limit - number * unit else { return nil }
            total += number * unit
        }
        return text.isEmpty ? nil : total
    }

    private static let units: [UInt8: Int] = [
        UInt8(ascii: "s"): 1, UInt8(ascii: "m"): 60, UInt8(ascii: "h"): 3_600, UInt8(ascii: "d"): 86_400,
        UInt8(ascii: "w"): 604_800,
    ]
}
