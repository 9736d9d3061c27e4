//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore

extension GatewaySpec {
    /// Reads a description such as `popen//python=python3.8`.
    ///
    /// - Throws: ``GatewayError`` with code `invalidSpec` that names the key: unknown, repeated, or with a value that does not fit.
    public init(_ text: String) throws(GatewayError) {
        self.init()
        var seen: Set<String> = []
        var hasPlace = false
        for segment in try SpecText.segments(of: text) {
            guard seen.insert(segment.key).inserted else {
                throw SpecText.invalid("The key \"\(segment.key)\" is given twice", text)
            }
            if segment.key == "popen" { hasPlace = true }
            try set(segment.key, segment.value, text)
        }
        guard hasPlace else { throw SpecText.invalid("It does not say where: begin it with popen", text) }
    }

    private static let keys = ["popen", "id", "python", "agent", "chdir", "env:NAME", "nice", "execution"]

    private mutating func set(_ key: String, _ value: String?, _ text: String) throws(GatewayError) {
        if key.unicodeScalars.starts(with: "env:".unicodeScalars) {
            return try setVariable(String(key.unicodeScalars.dropFirst(4)), value, text)
        }
        switch key {
        case "popen":
            guard value == nil else { throw SpecText.invalid("\"popen\" takes no value", text) }
            place = .popen
        case "id": id = try required(key, value, text)
        case "python":
            let words = ShellWords.split(try required(key, value, text))
            guard let words, !words.isEmpty else {
                throw SpecText.invalid("The quotes in \"python\" do not match", text)
            }
            python = words
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
            throw SpecText.invalid(
                "The key \"\(key)\" is not known (known are \(Self.keys.joined(separator: ", ")))",
                text
            )
        }
    }

    private mutating func setVariable(_ name: String, _ value: String?, _ text: String) throws(GatewayError) {
        guard !name.isEmpty, let value else {
            throw SpecText.invalid("\"env:\(name)\" has the form env:NAME=value", text)
        }
        environment[name] = value
    }

    private func required(_ key: String, _ value: String?, _ text: String) throws(GatewayError) -> String {
        guard let value, !value.isEmpty else { throw SpecText.invalid("The key \"\(key)\" needs a value", text) }
        return value
    }
}

extension GatewaySpec: CustomStringConvertible {
    /// The spec as text that reads as the same spec.
    public var description: String {
        var segments = ["popen"]
        func add(_ key: String, _ value: String?) {
            if let value { segments.append("\(key)=\(SpecText.quoted(value))") }
        }
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

/// The segments of a spec, and the quotes around their values. The text is read by scalars: to a `Character`, a value's first combining mark
/// would belong to the `=` or the quote before it.
enum SpecText {
    struct Segment {
        var key: String
        var value: String?
    }

    private typealias Scalars = Substring.UnicodeScalarView

    static func invalid(_ what: String, _ text: String) -> GatewayError {
        GatewayError(.invalidSpec, "\(what), in the spec \"\(text)\".")
    }

    static func segments(of text: String) throws(GatewayError) -> [Segment] {
        var segments: [Segment] = []
        var rest = text.unicodeScalars[...]
        repeat {
            segments.append(try takeSegment(&rest, text))
            guard isBoundary(rest) else { throw invalid("After a quoted value comes // or the end", text) }
            guard !rest.isEmpty else { return segments }
            rest.removeFirst(2)
        } while true
    }

    /// Whether a segment can end before this.
    private static func isBoundary(_ rest: Scalars) -> Bool {
        rest.isEmpty || rest.starts(with: "//".unicodeScalars)
    }

    private static func takeSegment(_ rest: inout Scalars, _ text: String) throws(GatewayError) -> Segment {
        let scalars = rest.prefix { $0 != "=" && $0 != "/" }
        let key = String(scalars)
        rest.removeFirst(scalars.count)
        guard !key.isEmpty else { throw invalid("A segment is empty", text) }
        guard rest.first == "=" else {
            guard isBoundary(rest) else { throw invalid("The key \"\(key)\" contains a slash", text) }
            return Segment(key: key, value: nil)
        }
        rest.removeFirst()
        let value = rest.first == "\"" ? try takeQuoted(&rest, text) : takePlain(&rest)
        return Segment(key: key, value: value)
    }

    private static func takePlain(_ rest: inout Scalars) -> String {
        var end = rest.startIndex
        while !isBoundary(rest[end...]) { end = rest.index(after: end) }
        defer { rest = rest[end...] }
        return String(rest[..<end])
    }

    private static func takeQuoted(_ rest: inout Scalars, _ text: String) throws(GatewayError) -> String {
        var value = String.UnicodeScalarView()
        rest.removeFirst()
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": return String(value)
            case "\\":
                if let escaped = rest.popFirst() { value.append(escaped) }
            default: value.append(scalar)
            }
        }
        throw invalid("A quoted value has no end", text)
    }

    static func quoted(_ value: String) -> String {
        let scalars = value.unicodeScalars
        let hasBoundary = zip(scalars, scalars.dropFirst()).contains { $0 == "/" && $1 == "/" }
        guard hasBoundary || scalars.first == "\"" || scalars.last == "/" else { return value }
        var text = "\"".unicodeScalars
        for scalar in scalars {
            if scalar == "\"" || scalar == "\\" { text.append("\\") }
            text.append(scalar)
        }
        text.append("\"")
        return String(text)
    }
}
