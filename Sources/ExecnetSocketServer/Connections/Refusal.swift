//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Why a connection is not served; said to the client in one line.
struct Refusal: Error, Hashable, CustomStringConvertible {
    /// For programs; part of the protocol.
    enum Code: String {
        /// As many gateways run as may.
        case full
        /// The request is none.
        case malformed
        /// Another version of the protocol.
        case unsupported
        /// No process has that token.
        case unknown
        /// It was tried, and went wrong.
        case failed
    }

    /// Nil: there is nobody to say it to.
    let code: Code?
    let text: String

    init(_ code: Code?, _ text: String) {
        self.code = code
        self.text = text
    }

    /// The connection ended before anything was asked for.
    static let gone = Refusal(nil, "the connection ended before its request")

    var description: String { code.map { "\($0.rawValue): \(text)" } ?? text }
    var line: [UInt8] { Array("execnet-socketserver: \(description)\n".utf8) }
}
