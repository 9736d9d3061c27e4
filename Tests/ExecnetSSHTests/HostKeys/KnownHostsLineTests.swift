//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Testing

@testable import ExecnetSSH

struct KnownHostsLineTests {
    private func line(_ text: String) throws -> KnownHostsLine? { try KnownHostsLine(Array(text.utf8)[...]) }

    private func name(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func itsPartsAreRead() throws {
        let key = try TestKey.ed25519(1)
        let plain = try #require(try line("a,b \(key.text)"))
        #expect(plain.marker == nil)
        #expect(plain.key == key)
        #expect(plain.comment == "")
        #expect(plain.matches(name("b")) && !plain.matches(name("c")))

        let marked = try #require(try line("\t @revoked \t*  \(key.type)\t\(Base64.encode(key.blob))  two words "))
        #expect(marked.marker == .revoked)
        #expect(marked.comment == "two words ")
        #expect(try line("@cert-authority *.x \(key.text)")?.marker == .authority)
    }

    @Test(arguments: ["", " \t", "# comment", "  #@revoked"])
    func emptyLinesAndCommentsAreNone(text: String) throws {
        #expect(try line(text) == nil)
    }

    @Test func whatIsWrongIsSaid() throws {
        let key = try TestKey.ed25519(1)
        let encoded = Base64.encode(key.blob)
        let salt = Base64.encode([UInt8](repeating: 1, count: 20))
        let cases: [(String, KnownHostsLine.Problem)] = [
            ("a", .incomplete), ("a ssh-ed25519", .incomplete), ("@revoked", .incomplete), ("@revoked a", .incomplete),
            ("@Revoked a \(key.text)", .marker), ("@ a \(key.text)", .marker), ("@revokeda \(key.text)", .marker),
            ("@revoked @cert-authority a \(key.text)", .marker),
            ("a ssh-ed25519 \(encoded.dropLast())", .encoding), ("a ssh-ed25519 ****", .encoding),
            ("a ssh-ed25519 \(Base64.encode(key.blob.dropLast()))", .key), ("a ssh-ed25519 AAAA", .key),
            ("a ssh-rsa \(encoded)", .type), ("a SSH-ED25519 \(encoded)", .type),
            ("a 1024 35 1234567", .encoding),
            ("a \(key.text)\0", .zeroByte), ("a\0b \(key.text)", .zeroByte),
            ("|1| \(key.text)", .hash), ("|1|\(salt)| \(key.text)", .hash), ("|2|\(salt)|\(salt) \(key.text)", .hash),
            ("|1|AAAA|\(salt) \(key.text)", .hash), ("|1|\(salt)|\(salt),a \(key.text)", .hash),
            ("|1|\(salt)|\(salt)|\(salt) \(key.text)", .hash),
        ]
        for (text, problem) in cases {
            #expect(throws: problem, "\(text.debugDescription)") { try line(text) }
        }
    }

    @Test func hashedNamesMatchTheirNameOnly() throws {
        var random = SystemRandomNumberGenerator()
        let hashed = HashedHostName(of: HostName("Host.Example", port: 2_222), using: &random)
        let read = try #require(try line("\(hashed) \(try TestKey.ed25519(1).text)"))
        #expect(read.matches(name("[host.example]:2222")))
        #expect(!read.matches(name("host.example")))
        #expect(HashedHostName("\(hashed)".utf8) == hashed)
        #expect(HashedHostName(of: HostName("a"), using: &random) != HashedHostName(of: HostName("a"), using: &random))
    }
}
