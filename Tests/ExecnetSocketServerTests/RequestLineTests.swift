//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Testing

@testable import ExecnetSocketServer

@Suite struct RequestLineTests {
    private let token = "0123456789abcdefABCDEF0123456789"

    @Test func runKeepsTheCommandAsItIs() throws {
        let request = try Request(line: "execnet 1 run \(token)  echo 'a  b' ".utf8)
        #expect(request == .run(try #require(Token(token.utf8)), command: " echo 'a  b' "))
    }

    @Test func attachHasATokenOnly() throws {
        #expect(try Request(line: "execnet 1 attach \(token)".utf8) == .attach(try #require(Token(token.utf8))))
        #expect(refusal("execnet 1 attach \(token) more") == .malformed)
    }

    @Test(arguments: ["2", "0", "1.0", "10", ""]) func otherVersionsAreUnsupported(version: String) {
        #expect(refusal("execnet \(version) run \(token) true") == .unsupported)
    }

    @Test func unsupportedNamesTheVersionThatIsSpoken() {
        #expect(throws: Refusal(.unsupported, "this server speaks version 1")) { try Request(line: "execnet 2 x".utf8) }
    }

    @Test(arguments: [
        "", "execnet", "Execnet 1 run", "GET / HTTP/1.1", " execnet 1 run", "execnet 1", "execnet 1 run",
        "execnet 1 stop x",
        "execnet 1 run 0123 true", "execnet 1 run 0123456789abcdefg123456789abcdef true",
        "execnet 1 run 0123456789abcdef0123456789abcdef", "execnet 1 run 0123456789abcdef0123456789abcdef ",
        "execnet 1 run 0123456789abcdef0123456789abcdef0 true", "execnet 1 attach", "execnet 1 attach ",
        "execnet  1 run 0123456789abcdef0123456789abcdef true",
    ])
    func otherLinesAreMalformed(line: String) {
        #expect(refusal(line) == .malformed || line.hasPrefix("execnet  1") && refusal(line) == .unsupported)
    }

    @Test func aCommandIsTextWithoutZeros() {
        let start = Array("execnet 1 run \(token) ".utf8)
        #expect(throws: Refusal.self) { try Request(line: start + [0x61, 0, 0x61]) }
        #expect(throws: Refusal.self) { try Request(line: start + [0xff]) }
        #expect(throws: Never.self) { try Request(line: start + "ä".utf8) }
    }

    @Test func aRefusalIsOneLine() {
        #expect(Refusal(.full, "no more").line == Array("execnet-socketserver: full: no more\n".utf8))
    }

    private func refusal(_ line: String) -> Refusal.Code? {
        do {
            _ = try Request(line: line.utf8)
            return nil
        } catch {
            return error.code
        }
    }
}
