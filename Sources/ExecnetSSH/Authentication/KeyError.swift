//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// Why a key cannot be used. Says nothing of what is in it.
enum KeyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The text is none that is known.
    case noKey(String)
    case unreadable(SystemError)
    case tooLarge(limit: Int)
    /// Others than its owner may read the file.
    case exposed(mode: UInt32)

    var description: String {
        switch self {
        case .noKey(let why): why
        case .unreadable(let error): "\(error)"
        case .tooLarge(let limit): "it has more than \(limit) bytes"
        case .exposed(let mode): "others may read it (mode \(String(mode, radix: 8))): chmod 600 would make it usable"
        }
    }
}
