//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A list of patterns for names of hosts: `*` is any text, `?` any character, `!` excludes.
struct HostPattern: Sendable, Hashable {
    private struct Element: Sendable, Hashable {
        var isExclusion: Bool
        var glob: [UInt8]
    }

    private let elements: [Element]
    private let ignoresCase: Bool

    /// The list of a line in a known_hosts file or of `Match host`: separated by commas.
    init(list: some Collection<UInt8>, ignoresCase: Bool = true) {
        self.init(list.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: true), ignoresCase)
    }

    /// The words after `Host` in an ssh_config file. OpenSSH heeds the case there.
    init(words: [String], ignoresCase: Bool = false) {
        self.init(words.map { Array($0.utf8) }, ignoresCase)
    }

    private init(_ parts: [some Collection<UInt8>], _ ignoresCase: Bool) {
        self.ignoresCase = ignoresCase
        elements = parts.map { part in
            let isExclusion = part.first == UInt8(ascii: "!")
            let glob = Array(part.dropFirst(isExclusion ? 1 : 0))
            return Element(isExclusion: isExclusion, glob: ignoresCase ? HostPattern.lowercased(glob) : glob)
        }
    }

    func matches(_ name: String) -> Bool { matches(Array(name.utf8)) }

    /// Whether some pattern matches, and none that excludes.
    func matches(_ name: [UInt8]) -> Bool {
        let name = ignoresCase ? HostPattern.lowercased(name) : name
        var isFound = false
        for element in elements where HostPattern.matches(element.glob, name) {
            if element.isExclusion { return false }
            isFound = true
        }
        return isFound
    }

    /// ASCII only, as everybody does it here.
    static func lowercased(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        bytes.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    }

    /// Goes back to the last star only, so that no pattern takes more than length times length steps.
    private static func matches(_ glob: [UInt8], _ name: [UInt8]) -> Bool {
        var place = 0
        var position = 0
        var star: (place: Int, position: Int)?
        while position < name.count {
            if place < glob.count, glob[place] == UInt8(ascii: "*") {
                place += 1
                star = (place, position)
            } else if place < glob.count, glob[place] == UInt8(ascii: "?") || glob[place] == name[position] {
                place += 1
                position += 1
            } else if let last = star {
                star = (last.place, last.position + 1)
                place = last.place
                position = last.position + 1
            } else {
                return false
            }
        }
        return glob[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
