//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetTestSupport
import Testing

@testable import ExecnetSSH

struct HostKeyTests {
    /// GitHub's key and fingerprint, as they are published.
    @Test func aPublishedKeyHasItsFingerprint() throws {
        let text = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
        let key = try HostKey(blob: try #require(Base64.decode(Array(text.utf8))))
        #expect(key.type == "ssh-ed25519")
        #expect("\(key.fingerprint)" == "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU")
        #expect(key.text == "ssh-ed25519 \(text)")
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [("ed25519", nil), ("ecdsa", 256), ("ecdsa", 384), ("ecdsa", 521), ("rsa", 2_048)]
            as [(String, Int?)]
    )
    func typeAndFingerprintAreThoseOfOpenSSH(type: String, bits: Int?) async throws {
        try await withTemporaryFolder { folder in
            let key = try generatedKey(type, bits: bits, in: folder)
            let said = try run(["ssh-keygen", "-l", "-f", "\(folder)/\(type)\(bits ?? 0).pub"]).text
            #expect(said.split(separator: " ").dropFirst().first == "\(key.fingerprint)"[...], "\(said)")
            #expect(try text(of: "\(folder)/\(type)\(bits ?? 0).pub").hasPrefix(key.text + " "))
            #expect(HostKeyFingerprint("\(key.fingerprint)") == key.fingerprint)
        }
    }

    @Test func everyPartOfAKeyIsNone() throws {
        let keys = try [
            TestKey.ed25519(1), TestKey.ecdsa(1), TestKey.ecdsa(1, curve: "nistp384", size: 48),
            TestKey.ecdsa(1, curve: "nistp521", size: 66), TestKey.rsa(1),
        ]
        for key in keys {
            for size in 0..<key.blob.count {
                #expect(throws: HostKeyError.self) { try HostKey(blob: Array(key.blob[..<size])) }
            }
            #expect(throws: HostKeyError.self) { try HostKey(blob: key.blob + [0]) }
        }
    }

    @Test func keysThatAreNoneAreRefused() throws {
        let point = TestKey.string([4] + [UInt8](repeating: 1, count: 64))
        let compressed = TestKey.string([2] + [UInt8](repeating: 1, count: 64))
        let blobs: [[UInt8]] = [
            [], [0xff, 0xff, 0xff, 0xff, 1], TestKey.string(""), TestKey.string("two words"),
            TestKey.string("\u{1b}[2J"), TestKey.string("a,b"), TestKey.string([UInt8](repeating: 0x61, count: 65)),
            TestKey.string("ecdsa-sha2-nistp256") + TestKey.string("nistp384") + point,
            TestKey.string("ecdsa-sha2-nistp256") + TestKey.string("nistp256") + compressed,
            TestKey.string("ssh-new") + [UInt8](repeating: 0, count: HostKey.maximumSize),
        ]
        for blob in blobs { #expect(throws: HostKeyError.self) { try HostKey(blob: blob) } }
        // What is newer than we are is taken as it is.
        #expect(try HostKey(blob: TestKey.string("ssh-new@example.org") + [1]).type == "ssh-new@example.org")
    }

    @Test func fingerprintsAreReadAsTheyArePrinted() throws {
        let fingerprint = try TestKey.ed25519(1).fingerprint
        #expect(HostKeyFingerprint("\(fingerprint)") == fingerprint)
        #expect(HostKeyFingerprint("\(fingerprint)=") == fingerprint)
        for text in [
            "", "SHA256:", "sha256:\("\(fingerprint)".dropFirst(7))", "\("\(fingerprint)".dropFirst(7))",
            "\("\(fingerprint)".dropLast())", "\(fingerprint)==", "\(fingerprint)A", "MD5:00:11",
        ] {
            #expect(HostKeyFingerprint(text) == nil, "\(text)")
        }
    }
}
