//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// A kind of machine that executables are built for, such as `linux-x86_64`.
package struct Platform: Hashable, Sendable, CustomStringConvertible {
    /// The system's name in small letters: `linux`.
    package let system: String
    /// The machine's: `x86_64`, `aarch64`, `i686`, `arm`, `riscv64`…
    package let machine: String

    /// From what `uname -s`, `uname -m` and `getconf LONG_BIT` print; nil if it is not of that form.
    ///
    /// The last tells whether programs are of 32 bits although the kernel is of 64.
    package init?(system: String, machine: String, bits: Int? = nil) {
        guard Platform.isWord(system), Platform.isWord(machine) else { return nil }
        self.system = system.lowercased()
        self.machine = Platform.normalized(machine.lowercased(), bits: bits)
    }

    /// From a name such as `linux-x86_64`.
    package init?(_ name: String) {
        let words = name.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard words.count == 2 else { return nil }
        self.init(system: String(words[0]), machine: String(words[1]))
    }

    /// The one that this program was built for.
    package static let current: Platform = {
        var name = utsname()
        uname(&name)
        return Platform(system: text(name.sysname), machine: text(name.machine), bits: Int.bitWidth) ?? unknown
    }()

    /// No executable is built for it.
    private static let unknown = Platform()

    private init() {
        system = "unknown"
        machine = "unknown"
    }

    package var description: String { "\(system)-\(machine)" }

    private static func normalized(_ machine: String, bits: Int?) -> String {
        switch machine {
        case "amd64", "x86_64", "x64": bits == 32 ? "i686" : "x86_64"
        case "arm64", "aarch64": bits == 32 ? "arm" : "aarch64"
        case "i386", "i486", "i586", "i686", "x86": "i686"
        case _ where machine.hasPrefix("armv"): "arm"
        default: machine
        }
    }

    /// The words become part of file names.
    private static func isWord(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: ".")
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."): true
                default: false
                }
            }
    }

    private static func text<T>(_ field: T) -> String {
        withUnsafeBytes(of: field) { bytes in String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
