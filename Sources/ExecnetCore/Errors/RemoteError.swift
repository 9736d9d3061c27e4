//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetWire

/// What a program on the far side ended with, or why it could not be started there.
public struct RemoteError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Which of the ways of not succeeding it was.
    public enum Kind: String, Sendable, Hashable {
        /// The program ran and threw, or ended with a status other than success.
        case failed
        /// The program was never started: the agent does not know it or does not run its kind.
        case refused
        /// The program was cancelled.
        case cancelled
    }

    public var kind: Kind
    /// The type of the error over there: a Swift type, a Python exception, `ExitStatus` of a shell program.
    public var type: String
    public var message: String
    /// The Python traceback or other stack, as text; empty if there is none.
    public var trace: String
    /// The gateway on which it happened.
    public var gateway: String?

    public init(kind: Kind = .failed, type: String, message: String, trace: String = "", gateway: String? = nil) {
        self.kind = kind
        self.type = type
        self.message = message
        self.trace = trace
        self.gateway = gateway
    }

    public var description: String {
        let place = gateway.map { "[\($0)] " } ?? ""
        if !trace.isEmpty { return place + trace }
        return place + (type.isEmpty ? message : "\(type): \(message)")
    }
}

extension RemoteError {
    /// The map that a close frame carries.
    package var wireValue: Value {
        [
            "kind": .string(kind.rawValue), "type": .string(type), "message": .string(message),
            "trace": .string(trace),
        ]
    }

    /// Reads what a close frame carries. Whatever the peer put there, the result is an error that says something.
    package init(wireValue value: Value, gateway: String?) {
        self.init(
            kind: value["kind"]?.string.flatMap(Kind.init(rawValue:)) ?? .failed,
            type: value["type"]?.string ?? "",
            message: value["message"]?.string ?? "the far side gave no reason",
            trace: value["trace"]?.string ?? "",
            gateway: gateway
        )
    }

    /// An error that a Swift program threw, in the form in which it travels.
    package init(_ error: any Error) {
        switch error {
        case let error as RemoteError: self = error
        case is CancellationError:
            self.init(kind: .cancelled, type: "CancellationError", message: "the program was cancelled")
        default: self.init(type: String(reflecting: Swift.type(of: error)), message: String(describing: error))
        }
    }
}
