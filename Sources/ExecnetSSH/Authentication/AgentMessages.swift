//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A key that an agent holds.
struct AgentIdentity: Sendable, Hashable {
    let key: PublicKey
    /// What its owner has written to it; printable.
    let comment: String
}

/// What is said to an ssh-agent, and how its answers are read. See draft-miller-ssh-agent.
enum AgentMessages {
    /// Of an answer, as OpenSSH has it.
    static let maximumSize = 256 * 1_024
    /// More keys than that no server would hear of.
    static let maximumIdentities = 1_000
    /// Signatures are far smaller.
    private static let maximumSignature = 16 * 1_024

    private enum Kind {
        static let failure: UInt8 = 5
        static let identitiesWanted: UInt8 = 11
        static let identities: UInt8 = 12
        static let signatureWanted: UInt8 = 13
        static let signature: UInt8 = 14
    }

    /// With their length in front.
    static var identitiesWanted: [UInt8] { [0, 0, 0, 1, Kind.identitiesWanted] }

    static func signatureWanted(of data: [UInt8], by key: PublicKey) -> [UInt8] {
        var body = [Kind.signatureWanted]
        body.appendString(key.blob)
        body.appendString(data)
        // No flags: those are for RSA.
        body.appendNumber(0)
        var message: [UInt8] = []
        message.appendString(body)
        return message
    }

    /// The keys in an answer. Those that are none are left out: the agent may know kinds that this does not.
    static func identities(in answer: [UInt8]) throws(AgentError) -> [AgentIdentity] {
        var fields = try fields(of: answer, Kind.identities)
        guard let count = fields.number() else { throw .nonsense("it cut its list short") }
        guard count <= maximumIdentities else { throw .nonsense("it claims to have \(count) keys") }
        var identities: [AgentIdentity] = []
        for _ in 0..<count {
            guard let blob = fields.string(), let comment = fields.string() else {
                throw .nonsense("it cut its list short")
            }
            guard let key = try? PublicKey(blob: Array(blob)) else { continue }
            identities.append(AgentIdentity(key: key, comment: SSHText.printable(comment)))
        }
        guard fields.isAtEnd else { throw .nonsense("there is something behind its list") }
        return identities
    }

    /// The signature in an answer: algorithm and value, each a string, by the key's algorithm.
    static func signature(in answer: [UInt8], by key: PublicKey) throws(AgentError) -> [UInt8] {
        var fields = try fields(of: answer, Kind.signature)
        guard let signature = fields.string(), fields.isAtEnd, signature.count <= maximumSignature else {
            throw .nonsense("its signature is none")
        }
        var parts = SSHFields(signature)
        guard let algorithm = parts.string(), let value = parts.string(), parts.isAtEnd, !value.isEmpty else {
            throw .nonsense("its signature is none")
        }
        guard algorithm.elementsEqual(key.type.utf8) else { throw .nonsense("its signature is of another kind") }
        return Array(signature)
    }

    private static func fields(of answer: [UInt8], _ kind: UInt8) throws(AgentError) -> SSHFields {
        var fields = SSHFields(answer[...])
        switch fields.byte() {
        case kind: return fields
        // Others than 5 are older ones' (102) and strangers'.
        case Kind.failure, 28, 102: throw .refused
        case let other?: throw .nonsense("it answered with a message of type \(other)")
        case nil: throw .nonsense("its answer is empty")
        }
    }
}

/// Why an agent is of no use.
enum AgentError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Nobody listens at its socket.
    case unreachable(String)
    case timedOut(Duration)
    /// It is locked, has no such key, or its user has said no.
    case refused
    /// It closed the connection before it answered.
    case ended
    /// It does not speak as an agent does.
    case nonsense(String)

    var description: String {
        switch self {
        case .unreachable(let why): "it cannot be reached (\(why))"
        case .timedOut(let limit): "it did not answer within \(limit)"
        case .refused: "it refused"
        case .ended: "it hung up"
        case .nonsense(let why): "it is no agent: \(why)"
        }
    }
}
