//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetTestSupport
import Testing

/// Streams of text on a channel (items 29 to 33 of the contract); in Python the files of `makefile`.
@Suite(.leavesNothingBehind)
struct TextTests {
    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item29WhatIsWrittenArrivesAsItems(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.echo()
            let writer = channel.textWriter(closesChannel: true)
            try await writer.write("one")
            try await writer.writeLine("two")
            #expect(try await channel.receive(as: String.self) == "one")
            #expect(try await channel.receive(as: String.self) == "two\n")
            try writer.close()
            await expectChannelError(.closed) { try await writer.write("three") }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item29And30AFarWriterClosesItsChannel(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(
                python: """
                    file = channel.receive().makefile("w", proxyclose=True)
                    file.write("one")
                    file.write("two\\n")
                    file.close()
                    try:
                        file.write("three")
                    except OSError:
                        channel.send("refused")
                    """
            ) { channel in
                let writer = try await channel.receive(as: Channel.self).textWriter(closesChannel: true)
                try await writer.write("one")
                try await writer.writeLine("two")
                try writer.close()
                do {
                    try await writer.write("three")
                } catch let error as ChannelError where error.code == .closed {
                    try await channel.send("refused")
                }
            }
            let text = far.gateway.newChannel()
            try await channel.send(text)
            #expect(try await text.receive(as: String.self) == "one")
            #expect(try await text.receive(as: String.self) == "two\n")
            await expectChannelError(.endOfItems) { try await text.receive(as: String.self) }
            #expect(text.isClosed)
            #expect(try await channel.receive(as: String.self) == "refused")
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item30ClosingAWriterLeavesItsChannelOpen(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(
                python: """
                    file = channel.makefile("w")
                    file.write("text")
                    file.close()
                    channel.send(channel.receive())
                    """
            ) { channel in
                let writer = channel.textWriter()
                try await writer.write("text")
                try writer.close()
                try await channel.send(try await channel.receive(as: Value.self))
            }
            #expect(try await channel.receive(as: String.self) == "text")
            let writer = channel.textWriter()
            try writer.close()
            #expect(!channel.isClosed)
            try await writer.write("still open")
            #expect(try await channel.receive(as: String.self) == "still open")
            try await channel.waitClose()
        }
    }

    static let pieces = ["ab", "cdef", "g\nsecond", " line\nxyz", "", "last"]
    /// What a reader gets of them that reads 1, 4, a line, a line, 3, a line, a line, 5 and 5.
    static let parts = ["a", "bcde", "fg\n", "second line\n", "xyz", "last", "", "", ""]

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item31And32ReadingIsBlindToTheBoundsOfItems(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.echo()
            for piece in Self.pieces { try await channel.send(piece) }
            channel.end()
            #expect(try await readParts(channel) == Self.parts)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item31And32AFarReaderReadsTheSame(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.exec(
                python: """
                    file = channel.makefile("r")
                    channel.send([file.read(1), file.read(4), file.readline(), file.readline(), file.read(3),
                                  file.readline(), file.readline(), file.read(5), file.read(5)])
                    """
            ) { channel in try await channel.send(try await readParts(channel)) }
            for piece in Self.pieces { try await channel.send(piece) }
            channel.end()
            #expect(try await channel.receive(as: [String].self) == Self.parts)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item32LinesAreCutAtNewlinesOnly(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.echo()
            for piece in ["a", "b\nc", "\n", "\nd\r\ne", "f"] { try await channel.send(piece) }
            channel.end()
            var lines: [String] = []
            for try await line in channel.lines() { lines.append(line) }
            #expect(lines == ["ab", "c", "", "d\r", "ef"])
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func aCharacterMayBeCutByTheBoundsOfItems(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.echo()
            for byte in Array("ü水🙂\nx".utf8) + [0xf0, 0x9f] { try await channel.send([byte]) }
            channel.end()
            let reader = channel.textReader()
            #expect(try await reader.read(2) == "ü水")
            #expect(try await reader.readLine() == "🙂\n")
            #expect(try await reader.readLine() == "x\u{fffd}")
            #expect(try await reader.readLine() == nil)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func anItemThatIsNoTextIsAnErrorOfThatReadOnly(kind: GatewayKind) async throws {
        try await kind.open { far in
            let channel = try await far.echo()
            let reader = channel.textReader()
            try await channel.send("a")
            try await channel.send(1)
            try await channel.send("b\n")
            await #expect(throws: WireError.self) { try await reader.readLine() }
            #expect(try await reader.readLine() == "ab\n")
        }
    }

    /// Swift has no modes: a reader cannot write and a writer cannot read.
    @Test(.timeLimit(.minutes(1)), arguments: GatewayKind.allCases)
    func item33OtherModesAreRefused(kind: GatewayKind) async throws {
        try await kind.open { far in
            let source = """
                for mode in ("rw", "a", "rb", ""):
                    try:
                        channel.makefile(mode)
                    except ValueError as error:
                        channel.send(repr(mode) in str(error))
                """
            let channel = try await far.gateway.remoteExec(.python(source))
            var refusals: [Bool] = []
            for try await refusal in channel.items(as: Bool.self) { refusals.append(refusal) }
            #expect(refusals == [true, true, true, true])
        }
    }
}

/// Reads what a text stream brings, in the sizes of `TextTests.parts`.
private func readParts(_ channel: Channel) async throws -> [String] {
    let reader = channel.textReader()
    var parts = [try await reader.read(1), try await reader.read(4)]
    for _ in 0..<2 { parts.append(try await reader.readLine() ?? "") }
    parts.append(try await reader.read(3))
    for _ in 0..<2 { parts.append(try await reader.readLine() ?? "") }
    for _ in 0..<2 { parts.append(try await reader.read(5)) }
    return parts
}
