//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import Testing

@testable import ExecnetSSH

struct PrefaceParserTests {
    @Test(.timeLimit(.minutes(1))) func readsWhatOpenSSHSends() throws {
        let preface = try #require(try parsed(SentByServer.openSSH))
        #expect(preface.lines.isEmpty)
        #expect(preface.version.protocolVersion == "2.0" && preface.version.isOpenSSH && !preface.version.isDropbear)
        #expect(preface.version.software == "OpenSSH_9.2p1" && preface.version.comment == "Debian-2+deb12u10")
        let offer = preface.offer
        #expect(offer.keyExchanges.first == "sntrup761x25519-sha512")
        #expect(offer.keyExchanges.last == "kex-strict-s-v00@openssh.com")
        #expect(offer.hostKeys == ["ssh-ed25519"])
        #expect(offer.ciphersToServer.first == "chacha20-poly1305@openssh.com")
        #expect(offer.ciphersToServer == offer.ciphersFromServer && offer.ciphersToServer.count == 6)
        #expect(offer.macsToServer.count == 10 && offer.macsToServer == offer.macsFromServer)
        #expect(offer.compressionsToServer == ["none", "zlib@openssh.com"])
        #expect(offer.languagesToServer.isEmpty && offer.languagesFromServer.isEmpty && !offer.firstPacketFollows)
    }

    @Test(.timeLimit(.minutes(1))) func readsWhatDropbearSends() throws {
        let preface = try #require(try parsed(SentByServer.dropbear))
        #expect(preface.version.isDropbear && preface.version.description == "dropbear_2022.83")
        #expect(preface.offer.hostKeys == ["ssh-ed25519", "rsa-sha2-256", "ssh-rsa"])
        #expect(preface.offer.ciphersFromServer.contains("aes128-ctr"))
    }

    @Test(.timeLimit(.minutes(1))) func readsEachPartOfTheOffer() throws {
        let preface = try #require(try parsed(Written.preface(Written.offer(follows: 1))))
        #expect(preface.offer.keyExchanges == ["a0", "b0"] && preface.offer.hostKeys == ["a1", "b1"])
        #expect(preface.offer.ciphersToServer == ["a2", "b2"] && preface.offer.ciphersFromServer == ["a3", "b3"])
        #expect(preface.offer.macsToServer == ["a4", "b4"] && preface.offer.macsFromServer == ["a5", "b5"])
        #expect(preface.offer.compressionsToServer == ["a6", "b6"])
        #expect(preface.offer.compressionsFromServer == ["a7", "b7"])
        #expect(preface.offer.languagesToServer == ["a8", "b8"] && preface.offer.languagesFromServer == ["a9", "b9"])
        #expect(preface.offer.firstPacketFollows)
    }

    @Test(.timeLimit(.minutes(1))) func keepsTheLinesBefore() throws {
        let lines = (1...20).map { "line \($0)\r\n" }.joined()
        let preface = try #require(try parsed(Array(lines.utf8) + SentByServer.dropbear))
        #expect(preface.lines.count == PrefaceLimit.keptLines && preface.lines.first == "line 1")
        var parser = PrefaceParser()
        try parser.receive((lines + "and more").utf8)
        #expect(parser.ended() == .ended(.beforeVersion, said: preface.lines))
        let escape = try #require(try parsed(Array("\u{1b}[31mred\n".utf8) + SentByServer.dropbear))
        #expect(escape.lines == [" [31mred"])
    }

    @Test(.timeLimit(.minutes(1))) func looksAtNothingMore() throws {
        var parser = PrefaceParser()
        try parser.receive(SentByServer.openSSH + [UInt8](repeating: 0xff, count: 100))
        let preface = parser.preface
        #expect(preface != nil)
        try parser.receive([UInt8](repeating: 0, count: 100_000))
        #expect(parser.preface == preface && parser.ended() == nil)
    }

    @Test(.timeLimit(.minutes(1))) func theVersionIsThereBeforeTheRest() throws {
        var parser = PrefaceParser()
        try parser.receive(SentByServer.openSSH.prefix(20))
        #expect(parser.version == nil)
        try parser.receive(SentByServer.openSSH[20..<60])
        #expect(parser.version?.software == "OpenSSH_9.2p1" && parser.preface == nil)
        #expect(parser.ended() == .ended(.beforeAlgorithms, said: []))
    }

    @Test(.timeLimit(.minutes(1))) func messagesWithoutMeaningMayComeBefore() throws {
        let empty = Written.packet([2, 0, 0, 0, 0]) + Written.packet([4, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        #expect(try parsed(Written.version + empty + Written.packet(Written.offer())) != nil)
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("SSH-2.0-x\n", "2.0", "x", ""), ("SSH-1.99-Cisco-1.25\r\n", "1.99", "Cisco-1.25", ""),
            ("SSH-2.0-OpenSSH_for_Windows_9.5\r\n", "2.0", "OpenSSH_for_Windows_9.5", ""),
            ("SSH-2.0-a b c\r\n", "2.0", "a", "b c"),
            ("SSH-2.0-" + String(repeating: "x", count: 245) + "\r\n", "2.0", String(repeating: "x", count: 245), ""),
        ]
    )
    func readsVersions(_ line: String, protocolVersion: String, software: String, comment: String) throws {
        var parser = PrefaceParser()
        try parser.receive(line.utf8)
        #expect(parser.version?.protocolVersion == protocolVersion)
        #expect(parser.version?.software == software && parser.version?.comment == comment)
    }
}

struct PrefaceRefusalTests {
    static let lines: [([UInt8], PrefaceError)] = [
        (Array("SSH-1.5-Cisco-1.25\r\n".utf8), .protocolVersion("1.5")),
        (Array("SSH-3.0-x\r\n".utf8), .protocolVersion("3.0")),
        (Array("SSH-2.0\r\n".utf8), .badVersion("SSH-2.0")),
        (Array("SSH-2.0-\r\n".utf8), .badVersion("SSH-2.0-")),
        (Array("SSH-2.0- x\r\n".utf8), .badVersion("SSH-2.0- x")),
        (Array("SSH-2.0-\(String(repeating: "x", count: 246))\r\n".utf8), .versionTooLong),
        (
            Array("HTTP/1.1 400 Bad Request\r\nServer: x\r\n".utf8),
            .stranger(.webServer, said: ["HTTP/1.1 400 Bad Request"])
        ),
        ([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46], .stranger(.tls, said: [])),
        ([0x16, 0x61], .stranger(.unknown, said: [])),
        ([0x00], .stranger(.unknown, said: [])),
        (Array("220 x\r\nab".utf8) + [0x01], .stranger(.unknown, said: ["220 x", "ab"])),
        ([UInt8](repeating: 0x61, count: PrefaceLimit.lineSize + 1), .lineTooLong),
    ]

    @Test(.timeLimit(.minutes(1)), arguments: lines)
    func refuses(_ bytes: [UInt8], _ error: PrefaceError) {
        #expect(throws: error) { try parsed(bytes) }
        #expect(error.code == .protocolViolation)
    }

    @Test(.timeLimit(.minutes(1))) func refusesEndlessLines() throws {
        let line = [UInt8](repeating: 0x61, count: PrefaceLimit.lineSize) + Array("\r\n".utf8)
        _ = try parsed(line)
        let most = Array(String(repeating: "x\n", count: PrefaceLimit.lines).utf8)
        #expect(try parsed(most + SentByServer.dropbear) != nil)
        let said = [String](repeating: "x", count: PrefaceLimit.keptLines)
        #expect(throws: PrefaceError.tooManyLines(said: said)) { try parsed(most + Array("x\n".utf8)) }
    }

    static let packets: [([UInt8], PrefaceError)] = [
        ([0xff, 0xff, 0xff, 0xff], .packetSize(0xffff_ffff)),
        ([0x00, 0x00, 0x00, 0x00], .packetSize(0)),
        // Not a multiple of eight with the size itself, and one that is but is too much.
        ([0x00, 0x00, 0x00, 0x0d], .packetSize(13)),
        ([0x00, 0x01, 0x00, 0x04], .packetSize(65_540)),
        // Less padding than there has to be, and nothing but padding.
        ([0x00, 0x00, 0x00, 0x0c, 0x03], .padding),
        ([0x00, 0x00, 0x00, 0x0c, 0x0b], .padding),
        (Written.packet([21]), .unexpectedMessage(21)),
        (Written.packet([0]), .unexpectedMessage(0)),
        (Written.packet([]), .padding),
        (Written.packet([20]), .badKeyExchange),
        (
            Written.packet([1, 0, 0, 0, 11] + Written.string("too\u{7}busy") + [0, 0, 0, 0]),
            .disconnected(code: 11, "too busy")
        ),
        (Written.packet([1]), .disconnected(code: 0, "")),
        ((0...PrefaceLimit.emptyPackets).flatMap { _ in Written.packet([2, 0, 0, 0, 0]) }, .tooManyPackets),
        (Written.packet(Written.offer() + [0]), .badKeyExchange),
        (Written.packet(Written.offer().dropLast()), .badKeyExchange),
        (Written.packet([20] + [UInt8](repeating: 7, count: 16) + [0, 0, 0xff, 0xff, 0x61]), .badKeyExchange),
        (Written.packet([20] + [UInt8](repeating: 7, count: 16) + [0xff, 0xff, 0xff, 0xff, 0x61]), .badKeyExchange),
        (Written.packet(Written.offer(first: "a\u{0}b")), .badKeyExchange),
    ]

    @Test(.timeLimit(.minutes(1)), arguments: packets)
    func refusesPackets(_ packet: [UInt8], _ error: PrefaceError) {
        #expect(throws: error) { try parsed(Written.version + packet) }
    }

    @Test(.timeLimit(.minutes(1))) func staysRefused() {
        var parser = PrefaceParser()
        #expect(throws: PrefaceError.stranger(.unknown, said: [])) { try parser.receive([0]) }
        #expect(throws: PrefaceError.stranger(.unknown, said: [])) { try parser.receive(SentByServer.openSSH) }
        #expect(parser.preface == nil && parser.ended() == .stranger(.unknown, said: []))
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("Exceeded MaxStartups\r\n", ["Exceeded MaxStartups"], true),
            ("Not allowed at this time\r\n", ["Not allowed at this time"], false),
            ("one\r\ntwo", ["one", "two"], false), ("", [], false), ("SSH-2.0-cut", ["SSH-2.0-cut"], false),
        ]
    )
    func saysHowItEnded(_ text: String, _ said: [String], isOverload: Bool) throws {
        var parser = PrefaceParser()
        try parser.receive(text.utf8)
        let error = try #require(parser.ended())
        #expect(error == .ended(.beforeVersion, said: said))
        #expect(error.isOverload == isOverload && error.code == .serverClosedEarly)
        for line in said { #expect(error.description.utf8.count > line.utf8.count) }
    }
}

/// Nil if more is to come.
func parsed(_ bytes: some Sequence<UInt8>) throws(PrefaceError) -> Preface? {
    var parser = PrefaceParser()
    try parser.receive(bytes)
    return parser.preface
}

/// Beginnings made up here.
enum Written {
    static let version = Array("SSH-2.0-test\r\n".utf8)

    static func preface(_ offer: [UInt8]) -> [UInt8] { version + packet(offer) }

    static func string(_ text: String) -> [UInt8] { number(text.utf8.count) + Array(text.utf8) }

    static func number(_ number: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) } }

    static func offer(first: String = "a0,,b0", follows: UInt8 = 0) -> [UInt8] {
        var bytes = [20] + [UInt8](repeating: 7, count: 16) + string(first)
        for index in 1..<10 { bytes += string("a\(index),b\(index)") }
        return bytes + [follows, 0, 0, 0, 0]
    }

    static func packet(_ payload: some Collection<UInt8>) -> [UInt8] {
        let padding = 4 + (8 - (payload.count + 9) % 8) % 8
        return number(payload.count + padding + 1) + [UInt8(padding)] + payload
            + [UInt8](repeating: 0, count: padding)
    }
}
