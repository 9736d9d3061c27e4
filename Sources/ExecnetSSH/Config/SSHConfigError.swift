//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Where something stands in a configuration file.
struct SSHConfigPlace: Sendable, Hashable, CustomStringConvertible {
    let file: String
    let line: Int

    var description: String { "\(file):\(line)" }
}

/// Why a configuration of OpenSSH cannot be used.
struct SSHConfigError: Error, Sendable, Hashable, CustomStringConvertible {
    enum Code: Sendable, Hashable {
        /// A file that must be there cannot be read.
        case unreadable
        /// A file could have been written by somebody else.
        case exposed
        /// Files too large, too many, or included too deeply.
        case limit
        /// A line that cannot be taken apart.
        case syntax
        case unknownOption
        case badValue
        /// A `Match` line with unknown or wrongly joined criteria.
        case badMatch
        /// A token, variable or home folder that is not there.
        case expansion
        /// A host that would be reached through itself.
        case jumpLoop
    }

    let code: Code
    let place: SSHConfigPlace?
    let message: String

    init(_ code: Code, _ message: String, at place: SSHConfigPlace? = nil) {
        self.code = code
        self.place = place
        self.message = message
    }

    var description: String { place.map { "\($0): \(message)" } ?? message }
}

/// A line that does not do here what it does in OpenSSH.
struct SSHConfigNote: Sendable, Hashable, CustomStringConvertible {
    /// The keyword as in the manual, in lower case, and its first argument if that is the reason.
    let option: String
    let place: SSHConfigPlace

    var description: String { "\(option) (\(place))" }
}
