//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Testing

@testable import ExecnetSSH

func unlinkFile(_ path: String) -> Bool { unlink(path) == 0 }

@Suite(.timeLimit(.minutes(1))) struct KeyFileTests {
    private let text = MadeUpKeys.text("ssh-ed25519", 1)

    @Test func aFileThatOthersMayReadIsRefused() async throws {
        try await withTemporaryFolder { folder in
            for mode in [0o640, 0o604, 0o660, 0o644] as [mode_t] {
                try writeFile(text, to: folder + "/key", mode: mode)
                #expect(throws: KeyError.exposed(mode: UInt32(mode))) { try KeyFile.read(folder + "/key") }
            }
            try writeFile(text, to: folder + "/key", mode: 0o400)
            #expect(try KeyFile.read(folder + "/key") != nil)
        }
    }

    @Test func aPublicKeyMayBeReadByAll() async throws {
        try await withTemporaryFolder { folder in
            try writeFile(try MadeUpKeys.publicKey("ssh-ed25519", 1).text, to: folder + "/key.pub", mode: 0o644)
            for path in ["/key", "/key.pub"] {
                let file = try #require(try KeyFile.read(folder + path))
                #expect(file.content == nil)
                #expect(try file.text.publicKey == MadeUpKeys.publicKey("ssh-ed25519", 1))
            }
        }
    }

    @Test func whatIsMissingIsNoError() async throws {
        try await withTemporaryFolder { folder in
            let file = try KeyFile.read(folder + "/key")
            #expect(file?.name == nil)
        }
    }

    @Test func whatIsNoFileIsRefusedAtOnce() async throws {
        try await withTemporaryFolder { folder in
            mkfifo(folder + "/pipe", 0o600)
            for path in [folder, folder + "/pipe", "/dev/zero"] {
                #expect(throws: KeyError.self) { try KeyFile.read(path) }
            }
        }
    }

    @Test func aLargeFileIsRefused() async throws {
        try await withTemporaryFolder { folder in
            try writeFile([UInt8](repeating: 0x61, count: KeyFile.limit + 1), to: folder + "/key")
            #expect(throws: KeyError.tooLarge(limit: KeyFile.limit)) { try KeyFile.read(folder + "/key") }
            let padding = String(repeating: "\n", count: KeyFile.limit - text.utf8.count)
            try writeFile(padding + text, to: folder + "/key")
            #expect(try KeyFile.read(folder + "/key") != nil)
        }
    }

    @Test func aDamagedPublicPartIsNoObstacle() async throws {
        try await withTemporaryFolder { folder in
            try writeFile(text, to: folder + "/key")
            try writeFile("rubbish", to: folder + "/key.pub")
            #expect(try KeyFile.read(folder + "/key")?.text.publicKey != nil)
        }
    }

    @Test func errorsAndDescriptionsShowNothingOfTheKey() throws {
        let secret = Base64.encode([UInt8](repeating: 9, count: 60))
        let file = try KeyFile(name: "mine", content: SecretBytes(text))
        var dumped = ""
        dump(file, to: &dumped)
        #expect(text.utf8.count > 0 && !dumped.contains(secret.prefix(20)))
        #expect(!"\(file)".contains(secret.prefix(20)))
    }
}
