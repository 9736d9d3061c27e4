//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetTestSupport
import Testing

@testable import ExecnetSSH

@Suite(.timeLimit(.minutes(2))) struct KeyTextTests {
    private static let kinds: [(SSHKey.Kind, KeyKind)] = [
        (.ed25519, .ed25519), (.ecdsa256, .ecdsa), (.ecdsa384, .ecdsa), (.ecdsa521, .ecdsa), (.rsa, .rsa),
    ]

    @Test(arguments: kinds) func keysInOpenSSHsFormatTellAllButTheSecret(kind: SSHKey.Kind, expected: KeyKind)
        async throws
    {
        try await withTemporaryFolder { folder in
            for passphrase in ["", "open sesame"] {
                let path = "\(folder)/key\(passphrase.count)"
                let key = try await SSHKey.make(kind, at: path, passphrase: passphrase)
                try removePublicPart(of: key)
                let file = try #require(try KeyFile.read(path))
                #expect(file.text.format == .openSSH)
                #expect(file.text.kind == expected)
                #expect(file.text.isEncrypted == !passphrase.isEmpty)
                #expect(file.text.publicLine == key.publicKey)
                #expect((file.text.obstacle == nil) == (kind != .rsa))
            }
        }
    }

    @Test(arguments: [SSHKey.Kind.ecdsa256, .ecdsa384, .ecdsa521, .rsa], [SSHKey.Format.pem, .pkcs8])
    func otherFormatsTellTheirKindUnlessThatIsEncryptedToo(kind: SSHKey.Kind, format: SSHKey.Format) async throws {
        try await withTemporaryFolder { folder in
            for passphrase in ["", "open sesame"] {
                let path = "\(folder)/key\(passphrase.count)"
                let key = try await SSHKey.make(kind, at: path, passphrase: passphrase, format: format)
                let expected: KeyKind = kind == .rsa ? .rsa : .ecdsa
                // The .pub file beside it tells.
                var file = try #require(try KeyFile.read(path))
                #expect(file.text.publicLine == key.publicKey)
                #expect(file.text.kind == expected)
                try removePublicPart(of: key)
                file = try #require(try KeyFile.read(path))
                #expect(file.text.format == (format == .pem ? .pem : .pkcs8))
                #expect(file.text.isEncrypted == !passphrase.isEmpty)
                #expect(file.text.publicKey == nil)
                #expect(file.text.kind == (format == .pkcs8 && !passphrase.isEmpty ? nil : expected))
            }
        }
    }

    @Test(arguments: [
        ("sk-ssh-ed25519@openssh.com", KeyKind.securityKey), ("sk-ecdsa-sha2-nistp256@openssh.com", .securityKey),
        ("ssh-ed25519-cert-v01@openssh.com", .certificate), ("ssh-rsa", .rsa), ("ssh-dss", .dsa),
        ("ssh-xmss@openssh.com", .other("ssh-xmss@openssh.com")),
    ])
    func kindsThatAreNotUsedAreKnown(type: String, expected: KeyKind) throws {
        let text = try keyText(MadeUpKeys.text(type))
        #expect(text.kind == expected)
        #expect(text.obstacle != nil)
    }

    @Test func linesMayEndAsOnWindows() throws {
        let text = MadeUpKeys.text("ssh-ed25519", 3)
        let other = text.utf8.split(separator: UInt8(ascii: "\n")).map { String($0) ?? "" }.joined(separator: "\r\n")
        #expect(try keyText(other) == keyText(text))
    }

    @Test func aCertificateBesideAKeyIsSeen() async throws {
        try await withTemporaryFolder { folder in
            let key = try await SSHKey.make(at: folder + "/key")
            #expect(try KeyFile.read(key.path)?.hasCertificate == false)
            let authority = try await SSHKey.make(at: folder + "/authority")
            let arguments = ["-q", "-s", authority.path, "-I", "test", "-n", "root", key.path + ".pub"]
            try await TestProgram.output(of: "/usr/bin/ssh-keygen", arguments)
            #expect(try KeyFile.read(key.path)?.hasCertificate == true)
            let certificate = try #require(try KeyFile.read(key.path + "-cert.pub"))
            #expect(certificate.text.kind == .certificate)
        }
    }

    // MARK: what is no key

    @Test func whatIsNoKeyIsRefused() throws {
        let body = "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        for text in [
            "", "\n", "rubbish", "ssh-ed25519", "ssh-ed25519 !", "ssh-rsa \(body)", "ssh-ed25519 \(body)A",
            "-----BEGIN OPENSSH PRIVATE KEY-----", "-----BEGIN OPENSSH PRIVATE KEY-----\n\(body)\n",
            "-----BEGIN SSH2 ENCRYPTED PRIVATE KEY-----\n\(body)\n", "-----BEGIN CERTIFICATE-----\n\(body)\n",
            String(repeating: "-----BEGIN ", count: 1_000),
        ] {
            #expect(throws: KeyError.self, "\(text.prefix(60))") { try keyText(text) }
        }
    }

    @Test func partsOfAKeyAreNeitherKeysNorACrash() throws {
        let text = Array(MadeUpKeys.text("ssh-ed25519", 3).utf8)
        let whole = try text.withUnsafeBytes { try KeyText($0) }
        var readable: [Int] = []
        for count in 0..<text.count {
            guard let part = text[..<count].withUnsafeBytes({ try? KeyText($0) }) else { continue }
            #expect(part == whole)
            readable.append(count)
        }
        // As soon as the public part is whole.
        let first = try #require(readable.first)
        #expect((150..<200).contains(first))
        #expect(readable == Array(first..<text.count))
    }

    @Test func damagedKeysAreNoCrash() throws {
        var generator = SystemRandomNumberGenerator()
        let text = Array(MadeUpKeys.text("ecdsa-sha2-nistp256", 3, cipher: "aes256-ctr").utf8)
        for _ in 0..<3_000 {
            var damaged = text
            for _ in 0..<3 { damaged[Int.random(in: 0..<text.count, using: &generator)] = .random(in: 0x20...0x7f) }
            _ = damaged.withUnsafeBytes { try? KeyText($0) }
        }
    }

    @Test func lengthsBeyondTheirLimitsAreRefused() throws {
        for place in 0..<5 {
            var bytes = Array("openssh-key-v1\0".utf8)
            for part in 0..<5 {
                if part == place {
                    bytes.appendNumber(0x7fff_ffff)
                    bytes += [UInt8](repeating: 0x61, count: 20_000)
                } else if part == 3 {
                    bytes.appendNumber(1)
                } else {
                    bytes.appendString(part == 4 ? MadeUpKeys.blob("ssh-ed25519") : Array("none".utf8))
                }
            }
            let text =
                "-----BEGIN OPENSSH PRIVATE KEY-----\n\(Base64.encode(bytes))\n-----END OPENSSH PRIVATE KEY-----\n"
            #expect(throws: KeyError.self) { try keyText(text) }
        }
    }

    private func removePublicPart(of key: SSHKey) throws { try #require(unlinkFile(key.path + ".pub")) }
}
