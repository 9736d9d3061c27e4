//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem

/// The script that is run on the far side, and the commands that it understands. See `bootstrap/stage0.sh`.
package enum Stage0 {
    /// The script without comments and newlines, so that it passes through any login shell.
    package static let script: String = {
        let source = UnsafeBufferPointer(start: execnet_stage0_start(), count: execnet_stage0_size)
        return String(decoding: source, as: UTF8.self).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }.joined(separator: " ")
    }()

    /// The command as words, for whoever passes words on as they are.
    package static func words(_ plan: BootstrapPlan) -> [String] {
        ["/bin/sh", "-c", script, "execnet", plan.nonce] + [plan.hint].compactMap(\.self)
    }

    /// The command as one line, for a login shell of whatever kind.
    package static func line(_ plan: BootstrapPlan) -> String {
        (["/bin/sh -c '\(script)' execnet", plan.nonce] + [plan.hint].compactMap(\.self)).joined(separator: " ")
    }

    /// A word as it is, or if it holds what shells might take for something else, after a percent sign as `printf %b` reads it.
    static func escaped(_ text: String) -> String {
        guard !text.utf8.allSatisfy(isPlain) else { return text }
        return "%"
            + text.utf8.map { byte in
                // Always three digits: another one may follow.
                isPlain(byte)
                    ? String(UnicodeScalar(byte)) : "\\0" + String(UInt16(byte) + 0o1000, radix: 8).dropFirst()
            }.joined()
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch UnicodeScalar(byte) {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-", ".", "/", ":", "=", "@", "+", ",": true
        default: false
        }
    }

    private static func isLowercase(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

    /// Whether a shell can set a variable of this name, and the script has none of its own like it.
    package static func isVariable(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        if first == UInt8(ascii: "_"), name.utf8.count > 1, name.utf8.dropFirst().allSatisfy(isLowercase) {
            return false
        }
        return name.utf8.allSatisfy { byte in
            switch UnicodeScalar(byte) {
            case "a"..."z", "A"..."Z", "0"..."9", "_": true
            default: false
            }
        }
    }
}
