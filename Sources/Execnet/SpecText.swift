//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSSH

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

    static let inlineKey = GatewayError(
        .invalidSpec,
        "\"key\" names the file with the key, as key=@FILE; keys are not written into specs."
    )

    /// Whether somebody may have written a key into the text, where the name of its file belongs.
    static func holdsKey(_ text: String) -> Bool {
        let bytes = Array("//\(text.lowercased())".utf8)
        return bytes.indices.contains { start in
            guard bytes[start...].starts(with: "//key=".utf8) else { return false }
            let rest = bytes[start...].dropFirst("//key=".utf8.count)
            if rest.isEmpty || rest.starts(with: "//".utf8) { return false }
            return !rest.starts(with: "@".utf8) && !rest.starts(with: "\"@".utf8)
        }
    }

    /// Which key's value seems to have a password, as in `ssh=user:password@host`; nil if none does.
    ///
    /// A password can have anything in it, the end of a value too. So a value goes on here up to the next key that is known.
    static func passwordKey(_ text: String, destinations: [String], known: [String]) -> String? {
        var values: [(key: String, value: String)] = []
        for piece in pieces(of: text) {
            let scalars = piece.prefix { $0 != "=" }
            let key = String(scalars).lowercased()
            // Nor is it told here where a quoted one ends.
            if let last = values.last, destinations.contains(last.key), last.value.utf8.first == UInt8(ascii: "\"") {
                values[values.count - 1].value += "//" + String(piece)
            } else if destinations.contains(key) || known.contains(key) || key.utf8.starts(with: "env:".utf8) {
                values.append((key, String(piece.dropFirst(scalars.count + 1))))
            } else if let last = values.popLast() {
                values.append((last.key, last.value + "//" + String(piece)))
            }
        }
        return values.first { destinations.contains($0.key) && holdsPassword($0.value) }?.key
    }

    private static func holdsPassword(_ value: String) -> Bool {
        let isFine = value.split(separator: ",").allSatisfy { (try? SSHDestination(String($0))) != nil }
        guard !isFine, let at = value.utf8.lastIndex(of: UInt8(ascii: "@")) else { return false }
        return value.utf8[..<at].contains(UInt8(ascii: ":"))
    }

    /// What stands between `//`, quoted or not.
    private static func pieces(of text: String) -> [Scalars] {
        var pieces: [Scalars] = []
        var rest = text.unicodeScalars[...]
        var end = rest.startIndex
        while end < rest.endIndex {
            guard rest[end...].starts(with: "//".unicodeScalars) else {
                end = rest.index(after: end)
                continue
            }
            pieces.append(rest[..<end])
            rest = rest[end...].dropFirst(2)
            end = rest.startIndex
        }
        return pieces + [rest]
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
