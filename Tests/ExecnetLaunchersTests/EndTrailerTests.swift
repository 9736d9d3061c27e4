//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import Testing

@testable import ExecnetLaunchers

/// What a socket server adds to the standard error of a process.
struct EndTrailerTests {
    private let token = "0123456789abcdef0123456789abcdef"

    /// What comes out of pieces that go in, and the status that was found.
    private func parse(_ pieces: [String]) -> (text: String, status: ExecnetSystem.ExitStatus?) {
        var trailer = EndTrailer(token: token)
        var bytes: [UInt8] = []
        for piece in pieces { bytes += Array(piece.utf8).withUnsafeBytes { trailer.add($0) } }
        bytes += trailer.finish()
        return (String(decoding: bytes, as: UTF8.self), trailer.status)
    }

    @Test(arguments: [
        ("", ""), ("words\n", "words\n"), ("words", "words"), ("\n\n", "\n\n"), ("a\n\nb", "a\n\nb"),
        ("0123456789abcdef\n", "0123456789abcdef\n"),
    ])
    func theLastLineIsTakenOff(printed: String, shown: String) {
        let all = printed + "\n\(token) ended exit 3\n"
        // Whole, and split at every place.
        #expect(parse([all]).status == .exited(3))
        for split in all.indices {
            let result = parse([String(all[..<split]), String(all[split...])])
            #expect(result.status == .exited(3))
            #expect(result.text == shown || result.text == shown + "\n", "split at \(split)")
        }
    }

    @Test func aSignalIsTold() { #expect(parse(["\n\(token) ended signal 9\n"]).status == .signalled(9)) }

    @Test func linesAreNotHeldBack() {
        var trailer = EndTrailer(token: token)
        #expect(Array("one line\n".utf8).withUnsafeBytes { trailer.add($0) } == Array("one line\n".utf8))
        #expect(Array("no line".utf8).withUnsafeBytes { trailer.add($0) } == Array("no line".utf8))
    }

    @Test func anotherTokenIsText() {
        let text = "\nffffffffffffffffffffffffffffffff ended exit 0\n"
        #expect(parse([text]).text == text)
        #expect(parse([text]).status == nil)
    }
}
