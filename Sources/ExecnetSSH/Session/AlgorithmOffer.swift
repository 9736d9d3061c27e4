//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The algorithms that a server offers for a session: its KEXINIT message (RFC 4253, 7.1). The best come first, though only the client's
/// order counts.
struct AlgorithmOffer: Sendable, Hashable {
    var keyExchanges: [String] = []
    var hostKeys: [String] = []
    var ciphersToServer: [String] = []
    var ciphersFromServer: [String] = []
    var macsToServer: [String] = []
    var macsFromServer: [String] = []
    var compressionsToServer: [String] = []
    var compressionsFromServer: [String] = []
    var languagesToServer: [String] = []
    var languagesFromServer: [String] = []
    /// Whether the server has sent the next message too, guessing what would be chosen.
    var firstPacketFollows = false

    /// The message's number.
    static let message: UInt8 = 20
    private static let cookieSize = 16

    init() {}

    /// - Parameter payload: a whole message, with its number.
    init(payload: ArraySlice<UInt8>) throws(PrefaceError) {
        var reader = MessageReader(payload.dropFirst(1 + AlgorithmOffer.cookieSize))
        guard payload.first == AlgorithmOffer.message, payload.count > AlgorithmOffer.cookieSize else {
            throw .badKeyExchange
        }
        keyExchanges = try reader.nextNames()
        hostKeys = try reader.nextNames()
        ciphersToServer = try reader.nextNames()
        ciphersFromServer = try reader.nextNames()
        macsToServer = try reader.nextNames()
        macsFromServer = try reader.nextNames()
        compressionsToServer = try reader.nextNames()
        compressionsFromServer = try reader.nextNames()
        languagesToServer = try reader.nextNames()
        languagesFromServer = try reader.nextNames()
        guard let flag = reader.nextByte(), reader.nextNumber() != nil, reader.isAtEnd else { throw .badKeyExchange }
        firstPacketFollows = flag != 0
    }
}

/// Takes a message of SSH apart (RFC 4251, 5).
struct MessageReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func nextByte() -> UInt8? { rest.popFirst() }

    mutating func nextNumber() -> UInt32? {
        guard rest.count >= 4 else { return nil }
        let number = rest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        rest = rest.dropFirst(4)
        return number
    }

    mutating func nextString() -> ArraySlice<UInt8>? {
        var after = self
        guard let size = after.nextNumber(), size <= after.rest.count else { return nil }
        let string = after.rest.prefix(Int(size))
        rest = after.rest.dropFirst(Int(size))
        return string
    }

    /// Names between commas; those without a letter are left out.
    mutating func nextNames() throws(PrefaceError) -> [String] {
        guard let list = nextString(), list.allSatisfy({ 0x21...0x7e ~= $0 }) else { throw .badKeyExchange }
        return list.split(separator: UInt8(ascii: ",")).map { String(decoding: $0, as: UTF8.self) }
    }
}
