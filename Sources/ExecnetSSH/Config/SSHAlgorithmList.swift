//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The value of `Ciphers`, `MACs`, `KexAlgorithms` and their like: a change of the defaults.
struct SSHAlgorithmList: Sendable, Hashable {
    enum Change: Sendable {
        case replace
        /// `+`: behind the defaults.
        case append
        /// `-`: out of the defaults.
        case remove
        /// `^`: before the defaults.
        case prefer
    }

    let change: Change
    /// Names or patterns.
    let names: [String]

    init(_ text: String) {
        var list = Substring(text)
        switch list.first {
        case "+": change = .append
        case "-": change = .remove
        case "^": change = .prefer
        default: change = .replace
        }
        if change != .replace { list.removeFirst() }
        names = list.utf8.split(separator: UInt8(ascii: ",")).map { String($0) ?? "" }
    }

    /// What is left to offer, best first: nothing that is not `known`, and each once.
    func applied(to defaults: [String], known: [String]) -> [String] {
        switch change {
        case .replace: select(from: known, matching: names)
        case .append: select(from: known, matching: defaults + names)
        case .prefer: select(from: known, matching: names + defaults)
        case .remove:
            defaults.filter { name in
                !PatternList(names.joined(separator: ","), ignoringCase: false).matches(name.utf8)
            }
        }
    }

    private func select(from known: [String], matching patterns: [String]) -> [String] {
        var found: [String] = []
        for pattern in patterns {
            for name in known where !found.contains(name) && PatternList.matches(Array(name.utf8), Array(pattern.utf8))
            {
                found.append(name)
            }
        }
        return found
    }
}
