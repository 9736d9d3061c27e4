//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
package import ExecnetWire

/// What an agent says about itself and its machine.
package enum Information {
    package static var value: Value {
        var name = utsname()
        uname(&name)
        let directory = currentDirectory
        return [
            "language": "swift",
            "version": .string(swiftVersion),
            "platform": .string("\(text(name.sysname).lowercased())-\(text(name.machine))"),
            "executable": .string(ExecutablePath.resolvedRunning),
            "directory": .string(directory),
            "pid": .int(Int64(getpid())),
            "host": .string(text(name.nodename)),
            "time": .double(WallTime.now),
        ]
    }

    private static var currentDirectory: String {
        guard let path = getcwd(nil, 0) else { return "" }
        defer { free(path) }
        return String(cString: path)
    }

    private static func text<T>(_ field: T) -> String {
        withUnsafeBytes(of: field) { bytes in String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private static var swiftVersion: String {
        #if swift(>=6.4)
            "6.4"
        #elseif swift(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }
}
