//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetTestSupport
import Testing

@testable import ExecnetSSH

/// What servers really sent, cut and changed: there is a result or an error for everything, and it does not depend on the pieces.
struct PrefaceRandomTests {
    static let sent = [
        SentByServer.openSSH, SentByServer.dropbear, SentByServer.openSSHWithEtMOnly,
        Array("Welcome\r\nto this machine\n".utf8) + SentByServer.openSSHWithGCMOnly,
    ]

    @Test(.timeLimit(.minutes(2)), arguments: sent)
    func everyPrefixIsTheBeginningOfMore(_ bytes: [UInt8]) throws {
        var growing = PrefaceParser()
        for count in 0..<bytes.count {
            #expect(growing.preface == nil && growing.ended() != nil, "\(count)")
            var rest = PrefaceParser()
            try rest.receive(bytes[..<count])
            #expect(rest.preface == nil)
            try rest.receive(bytes[count...])
            #expect(rest.preface == (try parsed(bytes)), "\(count)")
            try growing.receive(CollectionOfOne(bytes[count]))
        }
        #expect(growing.preface == (try parsed(bytes)) && growing.preface != nil)
    }

    @Test(.timeLimit(.minutes(5)), arguments: sent)
    func everyChangedByteIsTheSameInAllPieces(_ bytes: [UInt8]) {
        var random = SplitMix(state: 4)
        var refusals = 0
        for index in bytes.indices {
            for change: UInt8 in [0x01, 0x80, 0xff, .random(in: 1...255, using: &random)] {
                var changed = bytes
                changed[index] ^= change
                let whole = outcome([changed[...]])
                if case .refused = whole { refusals += 1 }
                #expect(outcome(pieces(of: changed, using: &random)) == whole, "\(index) ^ \(change)")
            }
        }
        // Flips in the texts are refused, those in the cookie and the padding make no difference.
        #expect(refusals > bytes.count)
    }

    @Test(.timeLimit(.minutes(2))) func oneByteAtATimeIsTheSame() {
        var random = SplitMix(state: 5)
        for round in 0..<400 {
            var bytes = PrefaceRandomTests.sent[round % 4]
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                switch Int.random(in: 0...3, using: &random) {
                case 0: bytes[.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
                case 1: bytes.remove(at: .random(in: 0..<bytes.count, using: &random))
                case 2:
                    bytes.insert(.random(in: 0...255, using: &random), at: .random(in: 0...bytes.count, using: &random))
                default: bytes.removeLast(Int.random(in: 0...(bytes.count / 2), using: &random))
                }
            }
            #expect(outcome(bytes.indices.map { bytes[$0...$0] }) == outcome([bytes[...]]), "\(round)")
        }
    }

    @Test(.timeLimit(.minutes(2))) func noiseIsRefusedOrWaitsForMore() {
        var random = SplitMix(state: 6)
        for round in 0..<2_000 {
            let noise = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            // With a beginning that lets it get further in.
            let bytes = [[], Written.version, Written.version + [0, 0, 0, 0x1c, 4]][round % 3] + noise
            let whole = outcome([bytes[...]])
            if case .complete = whole { Issue.record("noise is no server: \(bytes)") }
            #expect(outcome(pieces(of: bytes, using: &random)) == whole)
        }
    }

    enum Outcome: Equatable {
        case complete(Preface)
        case waits(version: ServerVersion?, PrefaceError?)
        case refused(PrefaceError)
    }

    private func outcome(_ pieces: [ArraySlice<UInt8>]) -> Outcome {
        var parser = PrefaceParser()
        do throws(PrefaceError) {
            for piece in pieces { try parser.receive(piece) }
        } catch {
            return .refused(error)
        }
        return parser.preface.map { .complete($0) } ?? .waits(version: parser.version, parser.ended())
    }

    private func pieces(of bytes: [UInt8], using random: inout SplitMix) -> [ArraySlice<UInt8>] {
        var rest = bytes[...]
        var pieces: [ArraySlice<UInt8>] = []
        while !rest.isEmpty {
            let count = Int.random(in: 0...min(rest.count, 300), using: &random)
            pieces.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return pieces
    }
}
